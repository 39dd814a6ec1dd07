package plan

// single writes a case that stands for itself.
func (w *writer) single(storm bool) Case {
	w.c.Storm = storm
	fromAlerts := storm || w.chance(0.7)
	w.begin(fromAlerts)
	w.middle(fromAlerts, 3+w.IntN(7))
	if fromAlerts {
		w.add(AwaitAlerts{})
	}
	w.end(fromAlerts)
	return w.c
}

// pair writes two cases, the first of which is merged into the second.
func pair(w, survivor *writer) []Case {
	fromAlerts := w.chance(0.8)
	w.begin(fromAlerts)
	w.middle(fromAlerts, 1+w.IntN(3))
	if fromAlerts {
		w.add(AwaitAlerts{})
	}
	w.add(AwaitStarted{survivor.c.Number}, Merge{Command: w.merge(), Into: survivor.c.Number})
	if fromAlerts && w.chance(0.6) {
		// The group's later alerts belong to the survivor.
		w.think()
		w.group.fire(1)
		w.add(w.deliver(1), AwaitAlerts{})
	}
	survivorFromAlerts := survivor.chance(0.5)
	survivor.begin(survivorFromAlerts)
	survivor.middle(survivorFromAlerts, 2+survivor.IntN(3))
	survivor.add(AwaitMerged{w.c.Number})
	if survivorFromAlerts {
		survivor.add(AwaitAlerts{})
	}
	survivor.add(Do{Command: survivor.resolve()})
	return []Case{w.c, survivor.c}
}

// begin brings the case its incident.
func (w *writer) begin(fromAlerts bool) {
	if !fromAlerts {
		w.add(Declare{w.declare()})
		return
	}
	switch {
	case w.c.Storm:
		w.group.fire(250 + w.IntN(500))
	case w.chance(0.6):
		w.group.fire(1)
	default:
		w.group.fire(2 + w.IntN(5))
	}
	w.add(w.deliver(1+w.IntN(3)), AwaitIncident{})
}

func (w *writer) deliver(times int) Deliver {
	return Deliver{Alerts: w.group.notify(), Times: times}
}

// middle is what people and monitoring do while the incident is on.
func (w *writer) middle(fromAlerts bool, acts int) {
	for range acts {
		w.think()
		switch {
		case fromAlerts && w.chance(0.25):
			w.add(w.moreAlerts())
		case w.chance(0.2):
			w.add(w.several(fromAlerts))
		default:
			w.add(w.something())
		}
	}
}

// something is one command, some of them more likely than others.
func (w *writer) something() Act {
	kinds := []func() Command{
		w.note, w.note, w.update, w.acknowledge, w.acknowledge, w.status, w.changeSeverity, w.role, w.role,
		w.addStep, w.addFollowup, w.moveStep, w.moveStep, w.approve, w.completeFollowup, w.mistake,
	}
	return Do{Command: pick(w.Rand, kinds)(), Twice: w.chance(0.1)}
}

// several are commands of several people at once, perhaps with alerts among them.
func (w *writer) several(fromAlerts bool) Act {
	var all Together
	for range 2 + w.IntN(4) {
		all.Acts = append(all.Acts, w.something())
	}
	if fromAlerts {
		all.Acts = append(all.Acts, w.moreAlerts())
	}
	return all
}

// moreAlerts is the group's next notification: more of them, fewer of them, or the same.
func (w *writer) moreAlerts() Act {
	switch {
	case w.chance(0.4):
		w.group.fire(1 + w.IntN(3))
	case w.chance(0.5) && w.group.firing() > 1:
		w.group.resolve(1)
	}
	return w.deliver(1 + w.IntN(2))
}

// end brings the case to an end that is known beforehand.
func (w *writer) end(fromAlerts bool) {
	w.think()
	switch roll := w.Float64(); {
	case roll < 0.14:
		w.add(Do{Command: w.cancel()})
		return
	case roll < 0.22 && fromAlerts:
		w.lateAlert()
		return
	case roll < 0.30 && fromAlerts:
		w.race()
		return
	case roll < 0.40:
		w.add(Do{Command: w.resolve()}, Do{Command: w.reopen()})
		w.middle(false, 1+w.IntN(2))
	case roll < 0.50 && fromAlerts:
		w.add(Do{Command: w.resolve()})
		w.think()
		w.group.refire()
		w.add(w.deliver(1+w.IntN(2)), AwaitReopened{}, Do{Command: w.acknowledge()})
	case fromAlerts && w.chance(0.7):
		w.group.resolve(w.group.firing())
		w.add(w.deliver(1+w.IntN(2)), AwaitAlerts{})
	}
	w.settle(fromAlerts)
}

// settle resolves the incident, repeats what was said before, and closes most.
func (w *writer) settle(fromAlerts bool) {
	w.add(Do{Command: w.resolve()})
	if fromAlerts && w.chance(0.4) {
		w.add(w.deliver(1)) // What is known already changes nothing.
	}
	if w.chance(0.3) {
		w.add(Do{Command: w.resolve()}) // Refused: the first resolution stands.
	}
	if w.chance(0.65) {
		w.think()
		w.add(Do{Command: w.addFollowup()}, FinishTickets{Close: true})
	}
}

// lateAlert has an alert fire after the end, which is another incident.
func (w *writer) lateAlert() {
	w.add(Do{Command: w.cancel()})
	w.think()
	w.group.refire()
	w.add(w.deliver(1), AwaitIncident{})
	w.middle(true, 1+w.IntN(2))
	w.add(AwaitAlerts{}, Do{Command: w.resolve()})
}

// race has an alert fire while people cancel the incident: whichever comes first, the
// alert is in one incident, and that one is brought to an end.
func (w *writer) race() {
	w.group.fire(1)
	w.add(Together{[]Act{w.deliver(1), Do{Command: w.cancel()}}}, Finish{Command: w.cancel()})
}
