// Package buildlog saves what the steps of a build print, every byte once, while
// the database goes away and web nodes come and go.
//
// [Persistent] makes the events of a build wait for a database that is away.
// A [Writer] saves what is written to it as log events. An event that has output
// of a process also says of which container and up to which position. So a web
// node that attaches to a process finds in the build's events what an earlier one
// saved and could not acknowledge, and a node whose transaction got no answer
// finds out whether it was committed. Other readers of events ignore the field.
package buildlog
