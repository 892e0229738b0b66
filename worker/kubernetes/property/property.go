// Package property names the Garden properties by which a container says which
// step of which build it is. The ATC sets them when it asks for a container,
// the Kubernetes runtime shows them in the pod's name, labels and annotations.
package property

const prefix = "concourse."

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
