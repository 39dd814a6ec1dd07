package scenario

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"
)

// The elements of JUnit XML, as CI systems read it:
// https://github.com/testmoapp/junitxml describes what they have in common.
type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Time     string       `xml:"time,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	File     string      `xml:"file,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Time     string      `xml:"time,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	File    string        `xml:"file,attr"`
	Line    int           `xml:"line,attr,omitempty"`
	Time    string        `xml:"time,attr"`
	Failure *junitProblem `xml:"failure,omitempty"`
	Error   *junitProblem `xml:"error,omitempty"`
}

type junitProblem struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

// WriteJUnit writes the results as JUnit XML. A scenario whose expectations are not met is a
// failure; one that could not be played is an error.
func WriteJUnit(w io.Writer, results []FileResult) error {
	all := junitSuites{}
	var took time.Duration
	for _, r := range results {
		suite := junitOf(r)
		all.Suites = append(all.Suites, suite)
		all.Tests += suite.Tests
		all.Failures += suite.Failures
		all.Errors += suite.Errors
		took += r.Took
	}
	all.Time = seconds(took)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	if err := encoder.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func junitOf(r FileResult) junitSuite {
	suite := junitSuite{Name: r.Name, File: r.Path, Time: seconds(r.Took)}
	if r.Problem != nil {
		suite.Cases = append(suite.Cases, junitCase{
			Class: r.Name, Name: "scenarios", File: r.Path, Time: seconds(0),
			Error: &junitProblem{Message: firstLine(r.Problem.Error()), Type: "not run", Text: printable(r.Problem.Error())},
		})
	}
	for _, s := range r.Scenarios {
		c := junitCase{Class: r.Name, Name: printable(s.Scenario.Name), File: r.Path, Line: s.Scenario.Line, Time: seconds(s.Took)}
		switch {
		case s.Problem != nil:
			c.Error = &junitProblem{Message: firstLine(s.Problem.Error()), Type: "not run", Text: printable(s.Problem.Error())}
		case len(s.Failures) > 0:
			t := &textReport{style: func(_ byte, text string) string { return text }}
			for _, f := range s.Failures {
				t.printf("%s:%d:%d: %s\n", r.Path, f.Line, f.Column, f.Message)
				t.diff(f.Diff)
			}
			c.Failure = &junitProblem{Message: firstLine(s.Failures[0].Message), Type: "expectation", Text: printable(t.String())}
		}
		suite.Cases = append(suite.Cases, c)
	}
	for _, c := range suite.Cases {
		suite.Tests++
		if c.Failure != nil {
			suite.Failures++
		}
		if c.Error != nil {
			suite.Errors++
		}
	}
	return suite
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return printable(line)
}

// printable leaves out what XML 1.0 cannot hold.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || r >= 0x20 && r != 0xFFFE && r != 0xFFFF {
			return r
		}
		return '�'
	}, text)
}
