// Package property names the Garden properties by which a container says which
// step of which build it is. The ATC sets them when it asks for a container,
// the Kubernetes runtime shows them in the pod's name, labels and annotations.
package property

const (
	Team     = "concourse.team"
	Pipeline = "concourse.pipeline"

	// InstanceVars are those of an instance of the pipeline, as fly shows them:
	// branch:main,version:1.
	InstanceVars = "concourse.instance-vars"

	Job     = "concourse.job"
	Build   = "concourse.build"
	Step    = "concourse.step"
	Type    = "concourse.type"
	Attempt = "concourse.attempt"
)
