// Package outputstream is how a worker hands the output of a process to web, and
// how web says what it has taken.
//
// Garden's own protocol has a connection for each output, which carries bytes and
// nothing else. What is in its buffers when web is killed is lost. Where both ends
// know this package, the worker sends pieces on that connection, each with its
// position in the output, and web answers each one with the position up to which
// it has the output for good. The worker tells web that it can by the ID of the
// stream, [NewID]. Web asks for pieces with a [Query]. To any other client a
// worker sends bytes and nothing else.
//
// A position counts the bytes from the beginning of an output of one process. Here
// and in the packages that output passes, each word for one has one meaning:
//
//	next          after the last byte that was sent or received (worker, podinit)
//	written       after the last byte that web's log was given (buildlog)
//	saved         after the last byte that is in the database (buildlog)
//	taken         what a destination answers: up to here it has the output for good.
//	              Of web's log that is what is saved
//	delivered     the last taken that the worker knows of, over all clients (podinit)
//	acknowledged  the last taken that the pod's init knows of. It may forget
//	              what lies before, and the next attach begins there
//
// So acknowledged ≤ delivered ≤ saved ≤ written ≤ next, once a piece was answered.
package outputstream
