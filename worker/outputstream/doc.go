// Package outputstream is how a worker hands the output of a process to web, and
// how web says what it has taken.
//
// Garden's own protocol has a connection for each output, which carries bytes and
// nothing else. What is in its buffers when web is killed is lost. Where both ends
// know this package, the worker sends pieces on that connection, each with its
// position in the output, and web answers each one with the position up to which
// it has the output for good. The worker tells web that it can by the ID of the
// stream, [NewID]. Web asks for it with the query [Asking]. To any other client a
// worker sends bytes and nothing else.
package outputstream
