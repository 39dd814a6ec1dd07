package incident

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Measurement is what a metric did over some time, as it is kept in the timeline.
type Measurement struct {
	Title string `json:"title"`
	Query string `json:"query"`
	// Unit is a word behind the values; empty if unknown.
	Unit string `json:"unit,omitzero"`
	// Start is the time of the first value of each series, Step the time between two.
	Start  time.Time     `json:"start"`
	Step   time.Duration `json:"step_ns"`
	Series []Series      `json:"series"`
}

// Series is one line of a measurement.
type Series struct {
	Name string `json:"name"`
	// Values are nil where there was none.
	Values []*float64 `json:"values"`
}

// Bounds of a measurement, which is part of the incident's journal for ever.
const (
	MaxSeries       = 8
	MaxSeriesValues = 120
)

// bounded cuts a measurement to its bounds: the first lines, and of each the latest values.
func (m Measurement) bounded() Measurement {
	m.Title, m.Query = CutText(m.Title, MaxTitleRunes), CutText(m.Query, MaxErrorRunes)
	m.Start = m.Start.UTC()
	m.Series = slices.Clone(m.Series[:min(len(m.Series), MaxSeries)])
	longest := 0
	for _, s := range m.Series {
		longest = max(longest, len(s.Values))
	}
	early := max(0, longest-MaxSeriesValues)
	m.Start = m.Start.Add(time.Duration(early) * m.Step)
	for i := range m.Series {
		m.Series[i].Name = CutText(m.Series[i].Name, MaxTitleRunes)
		m.Series[i].Values = slices.Clone(m.Series[i].Values[min(early, len(m.Series[i].Values)):])
		for n, v := range m.Series[i].Values {
			if v != nil && (math.IsNaN(*v) || math.IsInf(*v, 0)) {
				m.Series[i].Values[n] = nil
			}
		}
	}
	return m
}

// Summary says in a line what each series did: its last value, and a sparkline.
func (m Measurement) Summary() string {
	lines := make([]string, 0, len(m.Series))
	for _, s := range m.Series {
		last, ok := s.Last()
		if !ok {
			continue
		}
		text := strings.TrimSpace(FormatValue(last)+" "+m.Unit) + " " + s.Sparkline(sparklineRunes)
		if s.Name != "" && len(m.Series) > 1 {
			text = s.Name + " " + text
		}
		lines = append(lines, text)
	}
	if len(lines) == 0 {
		return "no values"
	}
	return strings.Join(lines, "; ")
}

// Last returns the latest value; false if there is none.
func (s Series) Last() (float64, bool) {
	for _, v := range slices.Backward(s.Values) {
		if v != nil {
			return *v, true
		}
	}
	return 0, false
}

// sparklineRunes is how long a sparkline in a sentence is: what fits beside some words.
const sparklineRunes = 24

var sparks = []rune("▁▂▃▄▅▆▇█")

// Sparkline draws the values as a row of at most so many characters, each the mean of
// those it stands for. Where there is no value there is a space.
func (s Series) Sparkline(runes int) string {
	columns := min(len(s.Values), max(runes, 1))
	means := make([]*float64, columns)
	for i := range means {
		means[i] = mean(s.Values[i*len(s.Values)/columns : (i+1)*len(s.Values)/columns])
	}
	low, high, known := 0.0, 0.0, false
	for _, v := range means {
		if v != nil {
			if !known {
				low, high, known = *v, *v, true
			}
			low, high = min(low, *v), max(high, *v)
		}
	}
	var b strings.Builder
	for _, v := range means {
		switch {
		case v == nil:
			b.WriteRune(' ')
		case high == low:
			b.WriteRune(sparks[0])
		default:
			// Halved first, since the span of two large numbers may be infinite.
			level := (*v/2 - low/2) / (high/2 - low/2) * float64(len(sparks))
			b.WriteRune(sparks[min(int(level), len(sparks)-1)])
		}
	}
	return b.String()
}

func mean(values []*float64) *float64 {
	sum, count := 0.0, 0
	for _, v := range values {
		if v != nil {
			sum, count = sum+*v, count+1
		}
	}
	if count == 0 {
		return nil
	}
	sum /= float64(count)
	return &sum
}

// FormatValue writes a measured value as people read it: four digits, no trailing zeros.
func FormatValue(v float64) string {
	if v >= 1000 || v <= -1000 {
		return fmt.Sprintf("%.0f", v)
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}
