package ui

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strconv"
	"strings"
	"time"

	"muster/incident"
)

// ChartView is a measurement as the timeline shows it.
type ChartView struct {
	Drawing template.HTML
	// Query is what was measured, in the words of the metrics' own language.
	Query string
	// Legend names the lines, where there are several.
	Legend []LegendEntry
}

// LegendEntry is one line of a chart: its number, which chooses the colour, its name, and its
// last value.
type LegendEntry struct {
	Number int
	Name   string
	Last   string
}

// The sizes of a chart, in the units of its view box.
const (
	chartWide, chartHigh                         = 640.0, 190.0
	chartLeft, chartRight, chartTop, chartBottom = 62.0, 14.0, 12.0, 26.0
	// yTicks and xTicks are about how many labels an axis has.
	yTicks, xTicks = 4, 6
)

// chartOf draws a measurement; nil if it has no values.
func chartOf(m incident.Measurement) *ChartView {
	c := chart{measurement: m, lowest: math.Inf(1), highest: math.Inf(-1)}
	for _, s := range m.Series {
		c.values = max(c.values, len(s.Values))
		for _, v := range s.Values {
			if drawable(v) {
				c.lowest, c.highest = min(c.lowest, *v), max(c.highest, *v)
			}
		}
	}
	if math.IsInf(c.lowest, 0) {
		return nil
	}
	view := &ChartView{Query: m.Query}
	if len(m.Series) > 1 {
		for i, s := range m.Series {
			entry := LegendEntry{Number: i, Name: s.Name}
			if last, ok := s.Last(); ok {
				entry.Last = c.amount(last)
			}
			view.Legend = append(view.Legend, entry)
		}
	}
	//nolint:gosec // every text in it is escaped
	view.Drawing = template.HTML(c.draw())
	return view
}

// drawable says whether there is a value that has a place on an axis.
func drawable(v *float64) bool { return v != nil && !math.IsNaN(*v) && !math.IsInf(*v, 0) }

type chart struct {
	measurement     incident.Measurement
	lowest, highest float64
	values          int
	// bottom and top are the ends of the axis, step the distance between two of its labels.
	bottom, top, step float64
	out               strings.Builder
}

func (c *chart) raw(format string, args ...any) { fmt.Fprintf(&c.out, format, args...) }

func (c *chart) amount(v float64) string {
	return strings.TrimSpace(incident.FormatValue(v) + " " + c.measurement.Unit)
}

func (c *chart) draw() string {
	c.scale()
	c.raw(`<svg class="metric" viewBox="0 0 %g %g" role="img"><title>%s</title><desc>%s</desc>`, chartWide, chartHigh,
		html.EscapeString(c.measurement.Title), html.EscapeString(fmt.Sprintf("From %s to %s.", c.amount(c.lowest), c.amount(c.highest))))
	for i := range int(math.Round((c.top-c.bottom)/c.step)) + 1 {
		// Counted in steps, what is zero is not zero but for rounding.
		v := (math.Round(c.bottom/c.step) + float64(i)) * c.step
		c.raw(`<path class="grid" d="M%s %sH%s"/><text class="y" x="%s" y="%s">%s</text>`,
			at(chartLeft), at(c.y(v)), at(chartWide-chartRight), at(chartLeft-8), at(c.y(v)+4), html.EscapeString(tickText(v)))
	}
	if c.measurement.Unit != "" {
		c.raw(`<text class="unit" x="%s" y="%s">%s</text>`, at(chartLeft+6), at(chartTop+9), html.EscapeString(c.measurement.Unit))
	}
	c.times()
	for i, s := range c.measurement.Series {
		c.line(i, s)
	}
	c.raw(`</svg>`)
	return c.out.String()
}

// scale chooses ends and labels of the vertical axis: round numbers, from zero on where that
// costs no detail.
func (c *chart) scale() {
	low, high := c.lowest, c.highest
	if low >= 0 && low < high/2 || low == high && low > 0 {
		low = 0
	}
	if low == high {
		low, high = low-1, high+1
	}
	c.step = roundStep((high - low) / yTicks)
	c.bottom, c.top = math.Floor(low/c.step)*c.step, math.Ceil(high/c.step)*c.step
}

// roundStep is the next of 1, 2, 5, 10, 20, … in any power of ten.
func roundStep(step float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(step)))
	for _, factor := range []float64{1, 2, 5} {
		if step <= factor*power*1.0001 {
			return factor * power
		}
	}
	return 10 * power
}

// tickText writes a value beside the axis, where there is little room.
func tickText(v float64) string {
	if math.Abs(v) >= 1e6 {
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
	return incident.FormatValue(v)
}

func (c *chart) x(index float64) float64 {
	if c.values < 2 {
		return (chartLeft + chartWide - chartRight) / 2
	}
	return chartLeft + index/float64(c.values-1)*(chartWide-chartLeft-chartRight)
}

func (c *chart) y(v float64) float64 {
	return chartHigh - chartBottom - (v-c.bottom)/(c.top-c.bottom)*(chartHigh-chartTop-chartBottom)
}

// timeSteps are the distances between two labels of the horizontal axis.
var timeSteps = []time.Duration{
	10 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour, 48 * time.Hour, 7 * 24 * time.Hour,
}

// times labels the horizontal axis at round times.
func (c *chart) times() {
	c.raw(`<path class="axis" d="M%s %sH%s"/>`, at(chartLeft), at(chartHigh-chartBottom), at(chartWide-chartRight))
	start, every := c.measurement.Start.UTC(), c.measurement.Step
	whole := every * time.Duration(max(c.values-1, 0))
	if whole <= 0 {
		c.time(start, 0, "15:04:05")
		return
	}
	step := timeSteps[len(timeSteps)-1]
	for _, candidate := range timeSteps {
		if whole/candidate <= xTicks {
			step = candidate
			break
		}
	}
	format := "15:04"
	switch {
	case step < time.Minute:
		format = "15:04:05"
	case step >= 24*time.Hour:
		format = "2 Jan"
	}
	// At most as many as there are in the shortest step, even where the time is absurdly long.
	when := start.Truncate(step)
	for labels := 0; labels < 4*xTicks && !when.After(start.Add(whole)); when = when.Add(step) {
		if when.Before(start) {
			continue
		}
		c.time(when, float64(when.Sub(start))/float64(every), format)
		labels++
	}
}

func (c *chart) time(when time.Time, index float64, format string) {
	x := c.x(index)
	c.raw(`<path class="axis" d="M%s %sv5"/><text class="x" x="%s" y="%s">%s</text>`,
		at(x), at(chartHigh-chartBottom), at(x), at(chartHigh-6), when.Format(format))
}

// line draws one series, with a gap where there was no value, and a dot where there is one
// alone.
func (c *chart) line(number int, s incident.Series) {
	var path strings.Builder
	drawing := false
	for i, v := range s.Values {
		if !drawable(v) {
			drawing = false
			continue
		}
		x, y := at(c.x(float64(i))), at(c.y(*v))
		switch {
		case drawing:
			path.WriteString("L" + x + " " + y)
		case i+1 == len(s.Values) || !drawable(s.Values[i+1]):
			c.raw(`<circle class="series-%d" cx="%s" cy="%s" r="2.5"/>`, number, x, y)
		default:
			path.WriteString("M" + x + " " + y)
			drawing = true
		}
	}
	if path.Len() > 0 {
		c.raw(`<path class="series series-%d" d="%s"/>`, number, path.String())
	}
}

// at writes a coordinate.
func at(f float64) string { return strings.TrimSuffix(strconv.FormatFloat(f, 'f', 1, 64), ".0") }
