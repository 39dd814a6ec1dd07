package api

import (
	"mime"
	"strconv"
	"strings"
)

// negotiate chooses among media types by an Accept header, as RFC 9110, section
// 12.5.1, has it: of the ranges that match an offer, the most specific one gives its
// quality; the offer with the highest quality wins, the earlier one among equals. It
// returns the offer's index, or -1 when none is acceptable. An empty header accepts
// everything; ranges that cannot be read are ignored.
func negotiate(accept string, offers []string) int {
	if strings.TrimSpace(accept) == "" {
		return 0
	}
	best, bestQuality := -1, 0.0
	for i, offer := range offers {
		if quality := qualityOf(offer, accept); quality > bestQuality {
			best, bestQuality = i, quality
		}
	}
	return best
}

// qualityOf is the quality that the header gives to a media type, 0 for none.
func qualityOf(offer, accept string) float64 {
	kind, _, _ := strings.Cut(offer, "/")
	quality, specificity := 0.0, 0
	for element := range strings.SplitSeq(accept, ",") {
		mediaRange, parameters, err := mime.ParseMediaType(element)
		if err != nil {
			continue
		}
		matched := 0
		switch mediaRange {
		case offer:
			matched = 3
		case kind + "/*":
			matched = 2
		case "*/*":
			matched = 1
		}
		if matched > specificity {
			specificity, quality = matched, weight(parameters["q"])
		}
	}
	return quality
}

// weight reads a q parameter. One that makes no sense counts as absent.
func weight(q string) float64 {
	w, err := strconv.ParseFloat(q, 64)
	if err != nil || !(w >= 0 && w <= 1) { // so written, NaN is out too
		return 1
	}
	return w
}
