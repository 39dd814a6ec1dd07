package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"muster/config"
	"muster/playbooks"
)

// settings examines muster.yaml, the playbooks and what else is set.
func (e *examination) settings(_ context.Context, n *notes) {
	e.catalogueIsValid(n)
	e.unknownVariables(n)
	e.unusedSecrets(n)
	e.secretsOfPlaybooks(n)
	e.filesOfSecrets(n)
	if e.real() && !e.Settings.Alertmanager.Token.IsSet() {
		n.warn("MUSTER_ALERTMANAGER_TOKEN is not set: whoever reaches Muster can send it alerts, and so page people").
			mend("set it, and give the same token to Alertmanager's webhook receiver (http_config.authorization)")
	}
}

func (e *examination) catalogueIsValid(n *notes) {
	path := e.Settings.CataloguePath
	var catalogueFindings config.Findings
	var playbookFindings playbooks.Findings
	switch {
	case errors.As(e.catalogueErr, &catalogueFindings):
		for _, finding := range catalogueFindings {
			n.wrong("%s:%d:%d: %s", finding.File, finding.Line, finding.Column, finding.Message).mend("%s", finding.Hint)
		}
	case errors.As(e.catalogueErr, &playbookFindings):
		for _, finding := range playbookFindings {
			n.wrong("%s:%d:%d: %s", finding.File, finding.Line, finding.Column, finding.Message).mend("mend the playbook; muster config check shows the place. A Muster that is running goes on with the last good ones until then")
		}
	case e.catalogueErr != nil:
		n.wrong("%s", e.catalogueErr).mend("check --config or MUSTER_CONFIG")
	case path == "" && e.real():
		n.wrong("the built-in sample catalogue serves, whose services nobody has, while vendors are connected").
			mend("write your own (muster config sample > muster.yaml) and name it with --config or MUSTER_CONFIG")
	case path == "":
		n.note("the built-in sample catalogue serves, since no muster.yaml is named").
			mend("for your own services: muster config sample > muster.yaml, and --config muster.yaml")
	default:
		n.fine("%s is valid: %s, %s; %s", path, counted(len(e.catalogue.Services()), "service"),
			counted(len(e.catalogue.Teams()), "team"), counted(len(e.library), "playbook"))
	}
}

// unknownVariables reports what looks like a setting and is none.
func (e *examination) unknownVariables(n *notes) {
	var unknown []string
	for _, name := range e.Set {
		known := slices.Contains(e.Variables, name) || slices.Contains(e.Variables, strings.TrimSuffix(name, "_FILE"))
		if strings.HasPrefix(name, "MUSTER_") && !known && !config.IsPlaybookSecretVariable(name) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	for _, name := range unknown {
		n.warn("%s is set, but Muster has no such setting", name).mend("correct its name, or unset it")
	}
}

// unusedSecrets reports credentials that nothing uses: each is a risk without a benefit, or
// a sign that something else was meant.
func (e *examination) unusedSecrets(n *notes) {
	if e.catalogue == nil {
		return
	}
	var problems config.Problems
	if errors.As(e.Settings.CheckFallback(e.catalogue), &problems) {
		for _, problem := range problems {
			what, mend, _ := strings.Cut(problem.Message, "; ")
			n.wrong("%s %s", problem.Setting, what).mend("%s", mend)
		}
	}
	if e.Settings.Mail.URL.IsSet() && len(e.mailRecipients()) == 0 {
		n.warn("MUSTER_SMTP_URL is set, but muster.yaml names nobody to mail to").
			mend("give the teams an email, or add one below fallback:, or unset the variable")
	}
}

// filesOfSecrets reports files with secrets that others than their owner can read.
func (e *examination) filesOfSecrets(n *notes) {
	private := 0
	check := func(path, what string) {
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			n.warn("%s, %s, cannot be examined: %s", path, what, err).mend("run muster doctor as the user that Muster runs as")
		case info.Mode().Perm()&0o007 != 0:
			n.warn("%s, %s, can be read by everybody on this machine (%04o)", path, what, info.Mode().Perm()).
				mend("%s", tighten(path, info))
		default:
			private++
		}
	}
	for _, name := range e.Set {
		variable, ok := strings.CutSuffix(name, "_FILE")
		if !ok || !slices.Contains(e.Variables, variable) && !config.IsPlaybookSecretVariable(variable) {
			continue
		}
		if path, _ := e.Environment(name); path != "" {
			check(path, "the file of "+variable)
		}
	}
	if path, _ := e.Environment("TEMPORAL_TLS_CLIENT_KEY_PATH"); path != "" {
		check(path, "Temporal's client key")
	}
	if !e.Settings.DatabaseURL.IsSet() {
		check(filepath.Join(e.Settings.DataDir, "muster.db"), "the database")
	}
	if private > 0 {
		n.fine("%s with secrets or incidents, closed to everybody but owner and group", counted(private, "file"))
	}
}

// tighten says how to keep others out of a file.
func tighten(path string, info fs.FileInfo) string {
	return fmt.Sprintf("chmod %o %s (for a secret of Kubernetes, defaultMode: 0440)", info.Mode().Perm()&^0o007, path)
}
