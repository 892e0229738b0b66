package protocol

// Upgrade is the protocol that an attach switches its connection to.
const Upgrade = "concourse-init-frames"

// Paths of the requests.
const (
	PathPing      = "/ping"
	PathStart     = "/start"
	PathProcesses = "/processes"
	PathAttach    = "/attach"
	PathStdin     = "/stdin"
	PathResize    = "/resize"
	PathSignal    = "/signal"
	PathStop      = "/stop"
)

// PingAnswer is what init says of itself. An init of an earlier version says nothing.
type PingAnswer struct {
	// PodUID is empty if init was not told.
	PodUID string `json:",omitempty"`
}

// AttachRequest says which streams the client has an end for.
type AttachRequest struct {
	ID                    string
	Stdin, Stdout, Stderr bool
}

// ResizeRequest asks for another size of a process' terminal.
type ResizeRequest struct {
	ID            string
	Columns, Rows uint16
}

// SignalRequest asks for a signal to a process.
type SignalRequest struct {
	ID     string
	Signal int
}

// StopRequest asks for the end of all processes.
type StopRequest struct{ Kill bool }

// Code tells the failures apart that a client acts on.
type Code string

// The codes, and what the failure's subject then is.
const (
	CodeExecutableNotFound Code = "executable-not-found" // the path asked for
	CodeProcessExists      Code = "process-exists"       // the process' ID
	CodeNoSuchProcess      Code = "no-such-process"      // the process' ID
)

// Failure is the body of a response that is not a success.
type Failure struct {
	Code             Code `json:",omitempty"`
	Subject, Message string
}
