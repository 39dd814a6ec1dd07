// Package doctor examines an installation: whether what Muster needs is there, and what to
// mend where it is not.
//
// An examination has areas, one for each thing outside of the program that can be wrong:
// its settings, the database, Temporal, each vendor, the clock, its own address. They are
// examined side by side, each under a time limit, so that one which hangs costs its own
// lines of the report and no others. [Areas] says what each needs to be examined.
//
// # What a finding says
//
// A [Problem] stops incidents from being run as they should; a [Warning] is a risk that
// somebody may have chosen; a [Note] is what is switched off, or cannot be seen from here.
// Problems and warnings say what to mend in the words of whoever has to: the name of the
// variable, the scope, the permission, the command.
//
// # What an examination does to the world
//
// It reads. At a vendor it changes nothing and sends nothing that a person could notice: no
// message, no page, no ticket, no mail, no heartbeat. In Muster's own database it proves by
// one small write that writing works. An area whose proof would need more than that says
// so in a note instead.
//
// Nothing secret is in a report. Whoever makes an error here leaves secrets out of it, and
// every text passes a last filter for the secrets among the settings besides.
package doctor
