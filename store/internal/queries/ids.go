package queries

import (
	"database/sql/driver"
	"strconv"
)

// IDs is any number of inbox items as one parameter, so that a statement over many of
// them is prepared once and sent once. It is written as a JSON object with the ids
// as its keys, {"1":0,"2":0}: json_each over an object is what SQLite and Postgres
// have in common that makes rows of a parameter.
type IDs []int64

// Value implements [driver.Valuer].
func (ids IDs) Value() (driver.Value, error) {
	text := append(make([]byte, 0, 2+12*len(ids)), '{')
	for i, id := range ids {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(text, '"')
		text = strconv.AppendInt(text, id, 10)
		text = append(text, `":0`...)
	}
	return string(append(text, '}')), nil
}
