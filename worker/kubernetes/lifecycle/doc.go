// Package lifecycle owns the phase of a container: which phases there are, what leads from
// one to the next, and who may use a container in which of them. It knows neither the API
// server nor the disk.
//
// A container is a record. A pod is what it has while something is to run.
//
//	phase      what is true                               its pod
//	Starting   the container was asked for                there is none yet, it waits for room,
//	                                                      it is pulled, or init does not answer yet
//	Ready      processes may run                          runs
//	Ended      nothing runs any more; a client may come   has ended or is gone
//	           to learn why
//	GaveWay    nothing ran any more, and the pod was      is removed by the worker
//	           taken away to make room for others
//	Leaving    Garden asked to destroy the container      is being removed
//	Discarded  the worker gave the container up           is being removed
//	Gone       the handle is free                         is gone
//
// What leads from one phase to the next. An event that is not in a row changes nothing.
//
//	from       event         to
//	Starting   Started       Ready; Discarded after Abort; if the pod has ended, what that leads to
//	Starting   StartFailed   Discarded
//	Starting   Abort         Starting; the start is told to end, and Discarded follows
//	Ready      PodEnded      Ended; Discarded for a check
//	Ready      InitLost      Ready; Discarded for a check
//	Ready      GiveWay       GaveWay, if nothing runs and something ran
//	Ready, Ended, GaveWay    Destroy   Leaving
//	Leaving, Discarded       Removed   Gone
//
// A check is a container in which web runs one check after the other, for up to an hour. Web
// would go on to use one that has ended. So it is discarded, and web makes another.
//
// What others do in each phase:
//
//	           Create               Lookup, Containers   Run         Attach         after a restart
//	Starting   waits                do not show it       -           -              goes on, if it has a pod
//	Ready      returns it           show it              runs        follows        Ready, or Ended without a pod
//	Ended      returns it           show it              says why    says why       Ended
//	GaveWay    returns it           show it              says so     exit status    GaveWay
//	Leaving    waits, makes another show it              says so     follows        what it was before
//	Discarded  waits, makes another do not show it       -           -              is removed
//
// A pod of an earlier boot of its node counts as none after a restart.
//
// Destroy of a container that is Starting aborts the start. In every phase it returns when the
// container is Gone.
package lifecycle
