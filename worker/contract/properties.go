package contract

const prefix = "concourse."

// The properties that say which step of which build a container is for. Web sets
// them when it asks for the container, the worker shows them in the pod's name,
// labels and annotations.
const (
	Team     = prefix + "team"
	Pipeline = prefix + "pipeline"

	// InstanceVars are those of an instance of the pipeline, as fly shows them:
	// branch:main,version:1.
	InstanceVars = prefix + "instance-vars"

	Job     = prefix + "job"
	Build   = prefix + "build"
	Step    = prefix + "step"
	Type    = prefix + "type"
	Attempt = prefix + "attempt"
)

const (
	// AwaitStart is for how long the worker may keep a request to create a container,
	// as a Go duration. Web sets it. Where the container has not started by then, the
	// worker answers with [StillStarting] and goes on, and web asks again. A start that
	// failed meanwhile is the answer to the next request. Without the property the
	// worker answers when the start has ended in one way or the other.
	AwaitStart = prefix + "await-start"

	// Lost is the property of a container whose pod ended for its node's sake and not for
	// the step's: it was evicted, drained or lost before the step had ended. Its value is
	// the error, in the words of [Disappeared]. The worker sets it.
	Lost = prefix + "lost"

	// GaveWay is the property of a container whose pod has made room for others. Its
	// value is the sentence that says so. The worker reports it among the container's
	// properties. Nothing runs in such a container any more.
	GaveWay = prefix + "gave-way"
)
