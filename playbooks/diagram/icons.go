package diagram

import "muster/incident"

// The icons are drawn on a grid of 24, with a stroke.
const (
	iconCheck  = `<path d="m5 12.5 4.5 4.500L19 7.500"/>`
	iconCross  = `<path d="m6 6 12 12"/><path d="M18 6 6 18"/>`
	iconMinus  = `<path d="M6 12h12"/>`
	iconDots   = `<path d="M6 12v.1M12 12v.1M18 12v.1"/>`
	iconPlay   = `<path d="M9 6.500v11l8.500-5.500L9 6.500Z"/>`
	iconGear   = `<circle cx="12" cy="12" r="3.200"/><path d="M12 3v3.200M12 17.800V21M3 12h3.200M17.800 12H21M5.600 5.600l2.300 2.300M16.100 16.100l2.300 2.300M5.600 18.400l2.300-2.300M16.100 7.900l2.300-2.300"/>`
	iconPerson = `<circle cx="12" cy="8" r="4"/><path d="M4.500 20.500c.7-4.500 3.700-6 7.500-6s6.800 1.500 7.500 6"/>`
	iconStamp  = `<path d="M12 3.500 5 6v5.500c0 4.300 2.900 7.300 7 9 4.100-1.700 7-4.700 7-9V6l-7-2.500Z"/><path d="m9 12 2.300 2.300L15.200 10"/>`
	iconFork   = `<path d="M12 21v-6"/><path d="M12 15c0-4-6-3.500-6-8V4"/><path d="M12 15c0-4 6-3.500 6-8V4"/><path d="m3.500 6.500 2.500-3 2.500 3M15.500 6.500l2.500-3 2.500 3"/>`
	iconClock  = `<circle cx="12" cy="12" r="8.500"/><path d="M12 7.500V12l3 2"/>`
)

var kindIcons = map[incident.StepKind]string{
	incident.Automatic: iconGear, incident.Manual: iconPerson, incident.Approval: iconStamp,
	incident.Decision: iconFork, incident.Wait: iconClock,
}

// stateIcons mark how steps stand. Those that have not begun have none.
var stateIcons = map[incident.StepState]string{
	incident.Running: iconPlay, incident.Waiting: iconDots, incident.Done: iconCheck,
	incident.Skipped: iconMinus, incident.Failed: iconCross,
}
