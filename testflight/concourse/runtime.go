package concourse

import (
	"os"
	"path/filepath"
	"time"

	"code.cloudfoundry.org/lager/v3"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/client-go/kubernetes"

	runtime "github.com/concourse/concourse-kubernetes/worker/kubernetes"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/cpuweight"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/nodenetwork"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podidentity"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podnetwork"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/volumeimage"
)

// usualMaxPods is how many pods a kubelet takes by default. No spec of such a runtime has as many.
const usualMaxPods = 110

// Runtime is the configuration of a Kubernetes runtime of its own, without a worker around it, on
// the cluster's first node. It keeps what it has to keep below a folder. It makes no images of
// volumes.
func (c *Concourse) Runtime(name string, client kubernetes.Interface, dir, init string, logger lager.Logger) runtime.Config {
	identity := podidentity.Verifier{ProcDir: "/proc", InitBinary: init}
	return runtime.Config{
		Client:                  client,
		Namespace:               Namespace,
		NodeName:                c.Cluster.NodeName(),
		WorkerName:              name,
		StateDir:                filepath.Join(dir, "containers"),
		PrivateRepositoriesFile: filepath.Join(dir, "private-repositories.json"),
		InitBinary:              init,
		PodStartupTimeout:       time.Minute,
		IdleCheckTimeout:        time.Hour,
		CPUReservedPerShare:     resource.MustParse("20u"),
		VolumeImages:            volumeimage.New("", "", volumeimage.Limits{}, logger),
		NewInit:                 func(socket string) runtime.Init { return podinit.NewClient(socket) },
		NetworkOfInit:           identity.NetworkOfInit,
		SetCPUWeight:            cpuweight.Setter{Mounts: []string{cpuweight.OwnMounts}, ControlGroupsOfInit: identity.ControlGroupsOfInit}.Set,
		MaxPods:                 func() int { return usualMaxPods },
		CutOffNetwork: func(network *os.File) error {
			return podnetwork.CutOff(nodenetwork.Namespace(c.Cluster.NodeNetwork()), network)
		},
		Logger: logger,
	}
}
