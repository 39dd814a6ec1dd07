package dispatch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"muster/api/webhook"
	"muster/incident"
	"muster/store"
)

// Pager knows what news of a page leaves out. *pagerduty.Client is one. It may be used by
// many goroutines.
type Pager interface {
	// PageKey returns the key with which a page was sent, by the pager's id of it. It is
	// false for a page that the pager does not have.
	PageKey(ctx context.Context, id string) (key string, found bool, err error)
	// Person returns who is behind an account that the pager calls by a name; by that name
	// alone where it cannot say more.
	Person(ctx context.Context, account, name string) incident.Person
	// IsSelf says whether an account is the one in whose name Muster acts there.
	IsSelf(ctx context.Context, account string) (bool, error)
}

// pages tells incidents what becomes of their pages in the pager.
type pages struct {
	pager Pager
	// do and severity are the dispatcher's [Dispatcher.Do] and its catalogue's.
	do       func(context.Context, incident.Command) (incident.State, error)
	severity func(name string) (incident.Severity, bool)
	store    *store.Store
	logger   *slog.Logger

	mu   sync.Mutex
	keys map[string]string // of pages, by the pager's id
}

// maxPageKeys bounds how many keys of pages are remembered; what is forgotten is looked up.
const maxPageKeys = 10_000

// PageNews returns what carries out items of the kind [store.KindPage]: each becomes the
// commands to the incident that sent the page. News of other pages, and what comes too late,
// settles. Without a pager, people are known by the names that the news has, and news that
// does not say its page's key is looked for among the open incidents.
func (d *Dispatcher) PageNews(pager Pager) Handler {
	p := &pages{
		pager: pager, do: d.Do, store: d.store, logger: d.logger, keys: map[string]string{},
		severity: func(name string) (incident.Severity, bool) {
			level, ok := d.catalogue.Severity(name)
			return incident.Severity(level.Name), ok
		},
	}
	return p.handle
}

// unreadableError is for items that no attempt can read.
type unreadableError struct{ err error }

func (e *unreadableError) Error() string { return "the item is no news of a page: " + e.err.Error() }

// Permanent says that trying again would end no better.
func (*unreadableError) Permanent() bool { return true }

// handle is a [Handler].
func (p *pages) handle(ctx context.Context, item store.Item) error {
	var report webhook.PageReport
	if err := json.Unmarshal(item.Body, &report); err != nil {
		return &unreadableError{err}
	}
	log := p.logger.With("page", report.ID, "news", report.News, "item", item.ID)
	state, key, err := p.incident(ctx, report)
	if err != nil {
		return err
	}
	if !state.Declared() {
		log.DebugContext(ctx, "news of a page that is none of Muster's")
		return nil
	}
	n := news{PageReport: report, pages: p, state: state, key: key, now: time.Now()}
	intents, err := n.intents(ctx)
	if err != nil {
		return err
	}
	for _, intent := range intents {
		command := incident.Command{
			Incident: state.ID, Key: item.Source + ":" + item.Key + "/" + intent.Name(),
			Actor: n.actor(ctx), Source: item.Source, Intent: intent,
		}
		_, err := p.do(ctx, command)
		if _, noted := intent.(incident.AddNote); noted && isMerged(err) {
			err = p.tellSurvivor(ctx, command)
		}
		switch {
		case isRefusal(err):
			log.InfoContext(ctx, "news of a page changes nothing any more", "incident", state.ID, "command", intent.Name(), "reason", err)
		case err != nil:
			return fmt.Errorf("tell %s of its page %s: %w", state.ID, report.ID, err)
		}
	}
	return nil
}

// isMerged says that a command was refused because the incident was merged into another.
func isMerged(err error) bool {
	var broken *incident.RuleError
	return errors.As(err, &broken) && broken.Rule == "merged"
}

// mostMerges bounds how many incidents in a row are followed from one into the next.
const mostMerges = 20

// tellSurvivor gives a command to the incident that the one which it was for has been merged
// into. What people write on a page is about what goes on, wherever that is led now; the page
// itself stays that of the incident which sent it.
func (p *pages) tellSurvivor(ctx context.Context, c incident.Command) error {
	for range mostMerges {
		merged, err := p.store.Incident(ctx, c.Incident)
		if err != nil {
			return err
		}
		if merged.MergedInto == "" {
			return fmt.Errorf("%s was merged just now, and into which incident is not recorded yet", c.Incident)
		}
		c.Incident = merged.MergedInto
		if _, err = p.do(ctx, c); !isMerged(err) {
			return err
		}
	}
	return nil
}

// isRefusal says that a command was answered, with no.
func isRefusal(err error) bool {
	var (
		broken  *incident.RuleError
		wrong   *incident.InvalidError
		missing *incident.NotFoundError
	)
	return errors.As(err, &broken) || errors.As(err, &wrong) || errors.As(err, &missing) || errors.Is(err, store.ErrNotFound)
}

// incident returns the incident that a page was sent for, and the page's key. It is the zero
// state for a page that is not ours.
func (p *pages) incident(ctx context.Context, r webhook.PageReport) (incident.State, string, error) {
	if key, known := p.keyOf(r); known {
		return p.sender(ctx, key)
	}
	state, key, err := p.among(ctx, r.ID)
	if err == nil && key == "" && p.pager != nil {
		if key, _, err = p.pager.PageKey(ctx, r.ID); permanent(err) {
			p.logger.WarnContext(ctx, "the pager does not say which page its news is of", "page", r.ID, "error", err)
			err = nil
		}
		if err == nil && key != "" {
			state, _, err = p.sender(ctx, key)
		}
	}
	if err != nil || key == "" {
		return incident.State{}, "", err
	}
	p.remember(r.ID, key)
	return state, key, nil
}

// permanent says that another attempt would fail likewise.
func permanent(err error) bool {
	var final interface{ Permanent() bool }
	return errors.As(err, &final) && final.Permanent()
}

// keyOf returns the key that the report has, or an earlier one had.
func (p *pages) keyOf(r webhook.PageReport) (string, bool) {
	if r.Key != "" {
		p.remember(r.ID, r.Key)
		return r.Key, true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	key, ok := p.keys[r.ID]
	return key, ok
}

func (p *pages) remember(id, key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.keys) >= maxPageKeys {
		clear(p.keys)
	}
	p.keys[id] = key
}

// sender reads the incident that a page was sent for out of the page's key, which says it.
func (p *pages) sender(ctx context.Context, key string) (incident.State, string, error) {
	rest, ours := strings.CutPrefix(key, "muster-"+p.store.Installation()+"-")
	prefix, number, _ := strings.Cut(rest, "-")
	number, _, named := strings.Cut(number, "-")
	id, err := incident.ParseID(prefix + "-" + number)
	if !ours || !named || err != nil {
		return incident.State{}, key, nil //nolint:nilerr // a key of another form is another system's
	}
	state, err := p.store.Incident(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return incident.State{}, key, nil
	}
	return state, key, err
}

// among looks for a page among those of the incidents that have not ended, by the pager's
// id of it.
func (p *pages) among(ctx context.Context, id string) (incident.State, string, error) {
	filter := store.Filter{Status: store.OpenStatuses(), Limit: store.MaxIncidents}
	for {
		open, next, err := p.store.Incidents(ctx, filter)
		if err != nil {
			return incident.State{}, "", err
		}
		for _, state := range open {
			for _, page := range state.Pages {
				if page.ID == id {
					return state, page.Key, nil
				}
			}
		}
		if next == "" {
			return incident.State{}, "", nil
		}
		filter.Cursor = next
	}
}
