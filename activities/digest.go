package activities

import (
	"context"
	"fmt"
	"slices"

	"muster/chat"
	"muster/chat/card"
	"muster/incident"
)

// PostDigest tells those outside how things stand, once a day, and returns what it told. It
// may be repeated: a day that has had its digest gets no other, whoever asks.
func (a *Activities) PostDigest(ctx context.Context, request incident.DigestRequest) (incident.Digest, error) {
	digest, err := request.Next()
	switch {
	case err != nil:
		return incident.Digest{}, final(err.Error())
	case digest == request.Last:
		return digest, nil
	case a.Register == nil:
		return incident.Digest{}, final("this worker cannot list incidents")
	}
	day, err := a.day(ctx, digest)
	if err != nil {
		return incident.Digest{}, err
	}
	channel, err := a.Chat.ChannelID(ctx, request.Channel)
	if err != nil {
		return incident.Digest{}, vendorError(err)
	}
	_, err = a.Chat.Show(ctx, chat.Outgoing{
		Key: fmt.Sprintf("muster-%s-digest.%s", a.Installation, digest.Day), ChannelID: channel, Card: card.Digest(day, a.addresses()),
	})
	return digest, vendorError(err)
}

// day is what a digest tells.
func (a *Activities) day(ctx context.Context, digest incident.Digest) (card.Day, error) {
	// One more than is shown tells that there are more.
	const limit = card.DigestMost + 1
	day := card.Day{Since: digest.Since, Until: digest.Until}
	var err error
	if day.Open, err = a.Register.Active(ctx, limit); err != nil {
		return card.Day{}, err
	}
	if day.Resolved, err = a.Register.ResolvedBetween(ctx, digest.Since, digest.Until, limit); err != nil {
		return card.Day{}, err
	}
	followups, err := a.Journal.OpenFollowups(ctx)
	if err != nil {
		return card.Day{}, err
	}
	for _, f := range followups {
		if !f.Followup.Overdue(digest.Until) {
			continue
		}
		of, err := a.Register.Incident(ctx, f.Incident)
		if err != nil {
			return card.Day{}, err
		}
		if of.Restricted() {
			f.Followup.Title = of.PublicTitle()
		}
		day.Overdue = append(day.Overdue, card.OverdueFollowup(f))
	}
	slices.SortStableFunc(day.Overdue, func(a, b card.OverdueFollowup) int { return a.Followup.Due.Compare(b.Followup.Due) })
	return day, nil
}
