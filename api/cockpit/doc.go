// Package cockpit lets people run incidents from a chat: it understands what they write,
// press, fill in and mark there, and has it done. It knows no vendor: acts come from one
// ([chat.Act]) and what is shown goes to one ([Chat]).
//
// # The way of an act
//
// [Cockpit.Take] makes a plan of what follows from an act. Making one only reads. What
// changes nothing, because it asks for a form or for how things stand, is done at once,
// beside the request; if that is lost, nothing is. What changes something is put into the
// inbox first, and only then Take returns. Whoever empties the inbox gives it to
// [Cockpit.CarryOut], which makes the plan once more, as things are by then, and gives the
// commands, each under a key that is the act's. So nothing that was answered is lost, and
// nothing is done twice.
//
// What was filled in is checked before it is taken, by the rules of the domain, on the
// incident as it is: where something is wrong the form stays open and says so.
//
// # What is understood
//
// The commands are a table ([verbs] and the functions it names), which help and the manual
// are made from. A word that is not in it is never guessed: whoever wrote it is asked, with
// a button for what they most likely meant. Two words or more that begin with no command,
// nor with one that is almost there, declare an incident, if they name its service.
package cockpit
