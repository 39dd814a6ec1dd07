package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"muster/api"
	"muster/config"
	"muster/incident"
)

const (
	// defaultURL is where muster dev listens unless it is told otherwise.
	defaultURL                = "http://127.0.0.1:8080"
	alertmanagerTokenVariable = "MUSTER_ALERTMANAGER_TOKEN"
)

// drillCommand tries Muster out from outside: it takes the way of a real alert, and
// knows nothing that the public API does not say.
type drillCommand struct {
	URL      string        `name:"url" env:"MUSTER_URL" default:"http://127.0.0.1:8080" placeholder:"URL" help:"Where Muster runs (${default})."`
	Sandbox  string        `name:"sandbox-url" env:"MUSTER_SANDBOX_URL" placeholder:"URL" help:"Where a muster sandbox runs that stands in for the vendors. Not needed where Muster's own does, or where links to tickets lead there."`
	Service  string        `default:"checkout" placeholder:"NAME" help:"The service that the alert is about (${default})."`
	Severity string        `placeholder:"WORD" help:"The alert's label severity (critical; with --play error, which the people then raise)."`
	Play     bool          `xor:"drill" help:"Play the people too, until the incident closes itself."`
	Pace     time.Duration `default:"1s" placeholder:"DURATION" help:"How long the people of --play take between two acts (${default})."`
	Resolve  string        `xor:"drill" placeholder:"INC-1" help:"Send no new alert: let the alert of this drill resolve."`
	Follow   bool          `help:"Go on following the timeline until Ctrl-C."`

	exerciseOptions
}

// Validate is called by kong before Run.
func (cmd drillCommand) Validate() error {
	switch {
	case cmd.Service == "":
		return fmt.Errorf("--service must name a service")
	case cmd.Pace < 0:
		return fmt.Errorf("--pace must not be negative, not %s", cmd.Pace)
	case cmd.Playbook == "" && (cmd.Speed > 1 || cmd.Channel != ""):
		return errors.New("--speed and --channel are for an exercise: name its playbook by --playbook")
	case cmd.Playbook != "" && cmd.Resolve != "":
		return errors.New("an exercise has no alert that could resolve: use --playbook or --resolve, not both")
	default:
		return nil
	}
}

// Run sends an alert and follows the incident that it starts, or ends a drill.
func (cmd drillCommand) Run(ctx context.Context, c *console) error {
	token, err := readAlertmanagerToken(os.LookupEnv)
	if err != nil {
		return err
	}
	client, err := newMusterClient(cmd.URL, token)
	if err != nil {
		return misuse(err)
	}
	d := &drill{console: c, muster: client, program: os.Args[0] + " drill", trackerURL: os.Getenv("MUSTER_JIRA_URL"), newID: newDrillID, now: time.Now, after: time.After}
	if cmd.URL != defaultURL {
		d.program += " --url " + cmd.URL
	}
	return d.run(ctx, cmd)
}

// readAlertmanagerToken reads the token as the server does, and no other secret.
func readAlertmanagerToken(lookup config.Lookup) (config.Secret, error) {
	var vendors config.Vendors
	err := vendors.ReadSecrets(func(name string) (string, bool) {
		if !strings.HasPrefix(name, alertmanagerTokenVariable) {
			return "", false
		}
		return lookup(name)
	})
	return vendors.Alertmanager.Token, err
}

// drill is one run of the command.
type drill struct {
	console *console
	muster  *musterClient
	// program is what people type to run the command again.
	program string
	// sandbox is the address of what stands in for the vendors; nil where nothing does, as
	// far as is known.
	sandbox *url.URL
	// trackerURL is where the environment says that Jira is.
	trackerURL string

	newID func() string
	now   func() time.Time
	after func(time.Duration) <-chan time.Time
}

func (d *drill) run(ctx context.Context, cmd drillCommand) error {
	if cmd.Sandbox != "" {
		if err := d.useSandbox(ctx, cmd.Sandbox); err != nil {
			return err
		}
	}
	switch {
	case cmd.Debrief != "":
		return d.debrief(ctx, cmd.Debrief)
	case cmd.Resolve != "":
		return d.resolve(ctx, cmd)
	case cmd.Playbook != "":
		return d.holdExercise(ctx, cmd)
	}
	severity := "critical"
	if cmd.Play {
		severity = "error"
	}
	in, err := d.alert(ctx, cmd.Service, cmp.Or(cmd.Severity, severity))
	if err != nil {
		return err
	}
	d.introduce(ctx, in)
	f := d.follow(ctx, in.ID, 0)
	defer f.stop()
	if in, err = f.ownSteps(ctx); err != nil {
		return err
	}
	d.tellFailures(in)
	if cmd.Play {
		err = (&player{follower: f, pace: cmd.Pace, tried: map[string]bool{}}).play(ctx)
	} else {
		d.tellWhatNext(in)
	}
	if err != nil || !cmd.Follow {
		return err
	}
	return f.forever(ctx)
}

// alert sends an alert and finds the incident that it started.
func (d *drill) alert(ctx context.Context, service, severity string) (api.Incident, error) {
	id := d.newID()
	sent := newDrillAlert(id, service, severity, d.now())
	if err := d.muster.deliver(ctx, newDelivery(sent)); err != nil {
		return api.Incident{}, err
	}
	d.console.printf("\n%s the alert %s for %s (%s) to %s.\n", d.console.style(green, "Sent"),
		drillAlertName, service, severity, d.muster.base.Redacted())
	defer d.console.spin("Waiting for its incident")()
	limit := d.after(waitLimit)
	for {
		in, err := d.find(ctx, id)
		if in.ID != "" || err != nil {
			return in, err
		}
		select {
		case <-ctx.Done():
			return in, ctx.Err()
		case <-limit:
			return in, fmt.Errorf("the alert was taken, but %s later no incident has it: see that Muster's worker runs, "+
				"and that no route in muster.yaml ignores the alert %s", waitLimit, drillAlertName)
		case <-d.after(pollInterval):
		}
	}
}

// find returns the incident that has the alert of a drill, or the zero one while there
// is none.
func (d *drill) find(ctx context.Context, id string) (api.Incident, error) {
	address := d.muster.address("api", "v1", "incidents")
	address.RawQuery = url.Values{"q": {drillAlertName}}.Encode()
	var list api.IncidentList
	if err := d.muster.get(ctx, address, &list); err != nil {
		return api.Incident{}, err
	}
	for _, in := range list.Incidents {
		if slices.ContainsFunc(in.Alerts, func(a api.Alert) bool { return a.Labels[drillLabel] == id }) {
			return in, nil
		}
	}
	return api.Incident{}, nil
}

// introduce says which incident it is, and where to see it.
func (d *drill) introduce(ctx context.Context, in api.Incident) {
	c := d.console
	d.findSandbox(ctx, d.trackerURL)
	c.printf("\n%s  %s  %s\n\n", c.style(bold, in.ID), c.style(yellow, in.Severity), oneLine(in.Title))
	d.item("Page", d.page(in))
	if d.sandbox != nil {
		d.item("Sandbox", d.sandboxPage())
	}
	c.printf("\n  %s\n", c.style(dim, "What happens, in UTC:"))
}

// page is where people see an incident.
func (d *drill) page(in api.Incident) string { return d.muster.resolve(in.URL) }

// item prints a name and what belongs to it.
func (d *drill) item(name, what string) {
	d.console.printf("  %s %s\n", d.console.style(bold, fmt.Sprintf("%-20s", name)), what)
}

// tellFailures says which of Muster's own steps did not work.
func (d *drill) tellFailures(in api.Incident) {
	c := d.console
	for _, step := range in.Steps {
		if incident.StepKind(step.Kind) == incident.Automatic && incident.StepState(step.State) == incident.Failed {
			c.printf("\n  %s %s. The incident's page says why, and can try again.\n", c.style(red, "Failed:"), oneLine(step.Title))
		}
	}
}

// tellWhatNext says what a person can do once Muster has done its part.
func (d *drill) tellWhatNext(in api.Incident) {
	c := d.console
	c.printf("\n%s %s\n\n", c.style(green, "Muster has done its part."), "Now it is your turn:")
	d.item("Open the page", d.page(in))
	d.item("Acknowledge it", "there, or with "+d.curl(in.ID, "acknowledge"))
	if d.sandbox != nil {
		d.item("See what was sent", d.sandboxPage())
	}
	d.item("Let the alert end", d.program+" --resolve "+in.ID)
	d.item("See it all played", d.program+" --play")
	c.printf("\n")
}

// curl is the command line for a command about an incident.
func (d *drill) curl(id, command string) string {
	return fmt.Sprintf(`curl -X POST %s -H 'Content-Type: application/json' -d '{"actor": "Sample Responder"}'`, d.muster.incident(id, command).Redacted())
}

// resolve tells Muster that the alerts of a drill fire no more.
func (d *drill) resolve(ctx context.Context, cmd drillCommand) error {
	var in api.Incident
	if err := d.muster.get(ctx, d.muster.incident(cmd.Resolve), &in); err != nil {
		return err
	}
	if len(drillAlerts(in.Alerts)) == 0 {
		return fmt.Errorf("%s has no alert of a drill; other alerts resolve where they come from", in.ID)
	}
	sent, err := d.sendResolved(ctx, in)
	if err != nil {
		return err
	}
	c := d.console
	if sent == 0 {
		c.printf("\nThe alert of %s has resolved already.\n", in.ID)
	} else {
		c.printf("\n%s that the alert of %s has resolved.\n\n", c.style(green, "Sent"), in.ID)
	}
	f := d.follow(ctx, in.ID, in.Seq)
	defer f.stop()
	if in, err = f.untilCleared(ctx); err != nil {
		return err
	}
	c.printf("\n")
	if incident.Status(in.Status).Active() {
		c.printf("No alert of a drill fires any more. People decide when the incident is over:\n\n")
		d.item("Open the page", d.page(in))
		d.item("Resolve it", "there, or with "+d.curl(in.ID, "resolve"))
		c.printf("\n")
	}
	if !cmd.Follow {
		return nil
	}
	return f.forever(ctx)
}

// sendResolved tells Muster that the drills' alerts of an incident fire no more. It
// returns how many deliveries that took: none where none fired.
func (d *drill) sendResolved(ctx context.Context, in api.Incident) (int, error) {
	deliveries := resolvedDeliveries(in.Alerts, d.now())
	for _, delivery := range deliveries {
		if err := d.muster.deliver(ctx, delivery); err != nil {
			return 0, err
		}
	}
	return len(deliveries), nil
}

// untilCleared follows until no alert of a drill fires.
func (f *follower) untilCleared(ctx context.Context) (api.Incident, error) {
	return f.until(ctx, "the alert to resolve", func(in api.Incident) bool {
		return !slices.ContainsFunc(drillAlerts(in.Alerts), func(a api.Alert) bool { return a.Status == alertFiring })
	})
}
