package doctor

// InTurn makes a call again when its turn under a vendor's limits has come.
var InTurn = inTurn[int]

// Unreachable puts a failure to reach a host into words.
var Unreachable = unreachable
