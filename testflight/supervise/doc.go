// Package supervise keeps programs running that outlive the one that starts them.
//
// A Service is such a program. It has a pid file and a log below a folder, in
// pids/ and logs/. Whoever knows the folder can find, stop or start the service,
// from any process: the pid file is all the state that there is, and the start time
// in it tells the process from a later one with the same id.
//
//	Run           started unless it is alive, and ready
//	Stop          ended. Watch takes that for a death
//	StopOnPurpose ended without a pid file. Watch waits for it to run again
//	AwaitEnd      has ended by itself, as it was expected to
//
// Watch tells of the first service that dies, with the end of its log.
package supervise
