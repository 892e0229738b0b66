package workercmd

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/concourse/concourse/atc"
	"github.com/concourse/flag/v2"
	"github.com/google/go-containerregistry/pkg/name"

	"github.com/concourse/concourse-kubernetes/worker/contract"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/nodenetwork"
)

// KubernetesFlags are the flags of the Kubernetes runtime, all of which begin
// with --kubernetes-.
type KubernetesFlags struct {
	Kubeconfig        flag.File         `long:"kubeconfig" description:"Kubeconfig file of the cluster. Without it the worker uses the service account of the pod that it runs in."`
	Namespace         string            `long:"namespace" default:"concourse" description:"Namespace in which the pods are created. It must exist."`
	NodeName          string            `long:"node-name" description:"Name of the Kubernetes node that the worker runs on, and that its pods run on. If not specified, the hostname will be used."`
	PodStartupTimeout time.Duration     `long:"pod-startup-timeout" default:"4m" description:"How long a pod may take until its container runs, the pull of its image included. The time does not count in which the pod waits for room on the node while others of this worker run."`
	IdleCheckTimeout  time.Duration     `long:"idle-check-timeout" default:"5m" description:"How long the pod of a resource's checks is kept for the next check. The next check after that has a new pod."`
	PodTemplate       flag.File         `long:"pod-template" description:"YAML file with a partial Pod that is merged into every pod that the worker creates: tolerations, annotations, the resources of the container named step, and so on. What Concourse sets itself is refused."`
	ResourceTypes     map[string]string `long:"resource-type" key-value-delimiter:"=" value-name:"NAME=IMAGE" description:"Image of a base resource type. Can be specified multiple times; adds to the usual Concourse resource types, or replaces the image of one of them. An empty IMAGE removes the type."`
	PrivilegedTypes   []string          `long:"privileged-resource-type" value-name:"NAME" default:"docker-image" description:"Base resource type whose pods are privileged. Can be specified multiple times."`
	PrivilegedMode    string            `long:"privileged-mode" default:"full" choice:"full" choice:"ignore" choice:"refuse" description:"What becomes of steps and base resource types that are to be privileged. full: they are root on the node in every respect. ignore: they run without privileges. refuse: they do not run, and the step says so."`
	PodLog            string            `long:"pod-log" default:"on" choice:"on" choice:"off" description:"Whether a pod's log (kubectl logs) has a copy of what its step prints. The copy is not redacted: who may read it sees secrets that a step prints."`
	ImagePullSecrets  []string          `long:"image-pull-secret" value-name:"NAME" description:"Name of a pull secret in the namespace that every pod uses, for example for the images of base resource types. Can be specified multiple times."`
	VolumeRegistry    uint16            `long:"volume-registry-port" default:"7790" description:"Port of 127.0.0.1 of the node on which it pulls images that are volumes, such as a task's image from an earlier step."`
	NodeNetwork       string            `long:"node-network-namespace" default:"/proc/1/ns/net" description:"File of the node's network namespace, in which the worker listens for the node's pulls of volumes and cuts hermetic pods off. The worker itself may run in any. The default needs the node's process namespace (hostPID)."`
	InitBin           flag.File         `long:"init-bin" description:"Path to the concourse-init executable, the first process of every pod. By default it is looked for beside the concourse executable."`

	CPUReservedPerShare cpuPerShare `long:"cpu-reserved-per-share" default:"20u" value-name:"QUANTITY" description:"CPU that a pod requests for each of its CPU shares (container_limits.cpu of a task, 1024 where it names none), written as Kubernetes writes quantities. Shares are weights all the same, and no pod reserves for more than 4096 of them. The default reserves a fiftieth of a CPU for 1024 shares, 1m about a CPU. With 0 pods reserve nothing: Kubernetes ends those first that have no memory limit either."`

	VolumeImageMaxSize   quantity `long:"volume-image-max-size" default:"20Gi" value-name:"QUANTITY" description:"Size of the largest image that is made of a volume, written as Kubernetes writes quantities. Sparse files count in full."`
	VolumeImageMaxMemory quantity `long:"volume-image-max-memory" default:"64Mi" value-name:"QUANTITY" description:"Memory for the names of a volume's files while it is read as an image: enough for some hundred thousand in one directory. Up to six volumes are read at a time."`
}

// usualResourceTypes are the base resource types that Concourse's own release
// ships, as the images that it builds them from.
var usualResourceTypes = map[string]string{
	"bosh-io-release":  "concourse/bosh-io-release-resource",
	"bosh-io-stemcell": "concourse/bosh-io-stemcell-resource",
	"docker-image":     "concourse/docker-image-resource",
	"git":              "concourse/git-resource",
	"github-release":   "concourse/github-release-resource",
	"hg":               "concourse/hg-resource",
	"mock":             "concourse/mock-resource",
	"pool":             "concourse/pool-resource",
	"registry-image":   "concourse/registry-image-resource",
	"s3":               "concourse/s3-resource",
	"semver":           "concourse/semver-resource",
	"time":             "concourse/time-resource",
}

// resourceTypes returns the base resource types that the worker advertises,
// sorted by name.
func (f KubernetesFlags) resourceTypes() ([]atc.WorkerResourceType, error) {
	images := maps.Clone(usualResourceTypes)
	maps.Copy(images, f.ResourceTypes)

	var types []atc.WorkerResourceType
	for _, typeName := range slices.Sorted(maps.Keys(images)) {
		image := images[typeName]
		if image == "" {
			continue
		}
		if _, err := name.ParseReference(image); err != nil {
			return nil, fmt.Errorf("--kubernetes-resource-type %s=%s: not an image reference: %w", typeName, image, err)
		}
		types = append(types, atc.WorkerResourceType{
			Type:       typeName,
			Image:      contract.ImageURL(image),
			Version:    image,
			Privileged: slices.Contains(f.PrivilegedTypes, typeName),
		})
	}
	return types, nil
}

func (f KubernetesFlags) nodeNetwork() nodenetwork.Namespace {
	return nodenetwork.Namespace(f.NodeNetwork)
}
