package ui

import "html/template"

// The icons are drawn on a grid of 24, with a stroke that CSS sets.
var icons = map[string]string{
	"alert":     `<path d="M12 4 3 19.5h18L12 4Z"/><path d="M12 10v4.5"/><path d="M12 17.2v.1"/>`,
	"arrow":     `<path d="M5 12h14"/><path d="m13 6 6 6-6 6"/>`,
	"bell":      `<path d="M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 2h-15l1.5-2Z"/><path d="M10 21h4"/>`,
	"book":      `<path d="M5 4h6a2 2 0 0 1 2 2v14a2 2 0 0 0-2-2H5V4Z"/><path d="M13 6a2 2 0 0 1 2-2h4v14h-4a2 2 0 0 0-2 2"/>`,
	"chart":     `<path d="M4 4v16h16"/><path d="m7.5 15 3.500-4.500 3 2.5 5-6.500"/>`,
	"page":      `<path d="M6 3h8l4 4v14H6V3Z"/><path d="M14 3v4h4"/>`,
	"picture":   `<path d="M4 5h16v14H4V5Z"/><path d="m4 16 5-5 4 4 3-3 4 4"/><circle cx="9" cy="9" r="1.2"/>`,
	"chat":      `<path d="M4 5h16v11H11l-4.5 4v-4H4V5Z"/>`,
	"check":     `<path d="m5 12.5 4.5 4.5L19 7.5"/>`,
	"chevron":   `<path d="m7 10 5 5 5-5"/>`,
	"clock":     `<circle cx="12" cy="12" r="8.5"/><path d="M12 7.5V12l3 2"/>`,
	"copy":      `<path d="M9 9h11v11H9z"/><path d="M5 15H4V4h11v1"/>`,
	"cross":     `<path d="m6 6 12 12"/><path d="M18 6 6 18"/>`,
	"dots":      `<path stroke-width="3" d="M5.5 12v.1M12 12v.1M18.5 12v.1"/>`,
	"external":  `<path d="M9 5H5v14h14v-4"/><path d="M13 4h7v7"/><path d="m20 4-9 9"/>`,
	"flag":      `<path d="M6 21V4"/><path d="M6 4.5h11.5l-2.5 4 2.5 4H6"/>`,
	"flow":      `<circle cx="6" cy="6" r="2.5"/><circle cx="6" cy="18" r="2.5"/><circle cx="18" cy="12" r="2.5"/><path d="M6 8.5v7"/><path d="M8.5 6.5c4 .5 6 1.5 7.5 3.5"/>`,
	"fork":      `<path d="M12 20v-7"/><path d="M12 13c0-4-6-3-6-8"/><path d="M12 13c0-4 6-3 6-8"/><path d="m3.500 7.500 2.500-3 2.500 3M15.500 7.500l2.500-3 2.500 3"/>`,
	"gear":      `<circle cx="12" cy="12" r="3"/><path d="M12 3v3M12 18v3M3 12h3M18 12h3M5.6 5.600l2.1 2.100M16.3 16.300l2.1 2.100M5.6 18.400l2.1-2.100M16.3 7.700l2.1-2.1"/>`,
	"hand":      `<path d="M4 12.5 8.5 17 20 6"/><path d="M4 20h16"/>`,
	"list":      `<path d="M9 6h11"/><path d="M9 12h11"/><path d="M9 18h11"/><path d="M4.5 6v.1"/><path d="M4.5 12v.1"/><path d="M4.5 18v.1"/>`,
	"megaphone": `<path d="M4 10v4h3l9 4.5v-13L7 10H4Z"/><path d="M19 9.5c1.3 1.4 1.3 3.6 0 5"/><path d="m7.5 14 1.5 5.5"/>`,
	"merge":     `<path d="M6 4v4c0 4 6 4 6 8v4"/><path d="M18 4v4c0 4-6 4-6 8"/>`,
	"minus":     `<path d="M6 12h12"/>`,
	"pencil":    `<path d="m5 19 1-4L16 5l3 3L9 18l-4 1Z"/>`,
	"people":    `<circle cx="9" cy="8.5" r="3.5"/><path d="M3 19.5c.5-4 3-5.5 6-5.5s5.5 1.5 6 5.5"/><path d="M16 5.5a3.2 3.2 0 0 1 0 6M17.5 14.5c2 .6 3.2 2.2 3.5 5"/>`,
	"person":    `<circle cx="12" cy="8" r="4"/><path d="M4.5 20.5c.7-4.5 3.7-6 7.5-6s6.8 1.5 7.5 6"/>`,
	"phone":     `<path d="M6 4h3.5l1.5 5-2.5 1.5c1 2.3 2.7 4 5 5L15 13l5 1.5V18c0 1.3-1 2-2 2C11 19.5 4.5 13 4 6c0-1 .7-2 2-2Z"/>`,
	"plus":      `<path d="M12 5v14"/><path d="M5 12h14"/>`,
	"printer":   `<path d="M7 9V4h10v5"/><path d="M7 17H4V9h16v8h-3"/><path d="M7 14h10v6H7z"/>`,
	"retry":     `<path d="M19.5 12a7.5 7.5 0 1 1-2.3-5.400L20 9"/><path d="M20 4v5h-5"/>`,
	"rise":      `<path d="M12 19V5"/><path d="m6 11 6-6 6 6"/>`,
	"search":    `<circle cx="10.5" cy="10.5" r="6"/><path d="m15 15 5 5"/>`,
	"shield":    `<path d="M12 3.5 5 6v6c0 4.5 3 7.5 7 8.5 4-1 7-4 7-8.5V6l-7-2.5Z"/><path d="m9 12 2.2 2.200L15.2 10"/>`,
	"stack":     `<path d="M4 5h16v5H4zM4 14h16v5H4z"/><path d="M7.5 7.5v.1M7.5 16.5v.1"/>`,
	"ticket":    `<path d="M4 7h16v3.5a1.5 1.5 0 0 0 0 3V17H4v-3.5a1.5 1.5 0 0 0 0-3V7Z"/><path d="M14 7.5v9"/>`,
}

// icon draws an icon that says nothing on its own: text stands beside it, or a label on
// what it is in. An unknown name draws nothing.
func icon(name string) template.HTML {
	//nolint:gosec // the markup is the constants above
	return template.HTML(`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">` + icons[name] + `</svg>`)
}
