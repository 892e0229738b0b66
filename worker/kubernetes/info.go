package kubernetes

import (
	"code.cloudfoundry.org/garden"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/lifecycle"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
)

// Info names the pod's addresses and says whether anything can run in it.
func (c *Container) Info() (garden.ContainerInfo, error) {
	recorded := c.state.Read()
	info := garden.ContainerInfo{
		State:         "active",
		ContainerPath: c.state.Dir(),
		ProcessIDs:    recorded.Processes,
		Properties:    c.properties(),
	}
	life, _ := c.life.See()
	if life.Phase == lifecycle.Ended || life.Phase == lifecycle.GaveWay {
		info.State = "stopped"
	}
	if life.Reason != nil {
		info.Events = []string{life.Reason.Error()}
	}
	if seen, _ := c.pod.See(); seen.Pod != nil {
		info.ContainerIP = seen.Pod.Status.PodIP
		info.HostIP = seen.Pod.Status.HostIP
		if reason := pod.EndReason(seen.Pod); reason != nil && info.Events == nil {
			info.Events = []string{reason.Error()}
		}
	}
	return info, nil
}
