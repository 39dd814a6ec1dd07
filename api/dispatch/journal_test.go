package dispatch

import (
	"muster/incident"
	"muster/workflows"
)

func declareOf(in workflows.IncidentInput) incident.Declare {
	declare, _ := in.Declare.Intent.(incident.Declare)
	return declare
}
