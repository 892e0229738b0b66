package workercmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strings"

	"code.cloudfoundry.org/lager/v3"
	"github.com/concourse/concourse"
	"github.com/concourse/concourse-kubernetes/worker/endpoint"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/cpuweight"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podidentity"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podnetwork"
	"github.com/concourse/concourse/atc"
	"github.com/tedsuo/ifrit"
)

// containersDir is the folder, in the work dir, of the containers' state.
const containersDir = "containers"

// kubernetesRunner returns what runs a worker whose containers are pods.
func (cmd *WorkerCommand) kubernetesRunner() (ifrit.Runner, error) {
	if err := requireRoot(); err != nil {
		return nil, err
	}
	if err := forRootAlone(cmd.WorkDir.Path()); err != nil {
		return nil, err
	}
	logger, _ := cmd.Logger.Logger("worker")
	if err := cmd.Tracing.Prepare(); err != nil {
		return nil, err
	}

	at, err := cmd.endpoints()
	if err != nil {
		return nil, err
	}
	at.sayWhatIsOpen(logger)
	registration, err := cmd.registration()
	if err != nil {
		return nil, err
	}
	on, err := cmd.Kubernetes.cluster()
	if err != nil {
		return nil, err
	}
	volumeImages := cmd.volumeImages(logger.Session("volume-images"))
	garden, err := cmd.kubernetesGarden(logger.Session("garden"), registration.Name, on, at.garden, volumeImages)
	if err != nil {
		return nil, err
	}
	baggageclaim, err := cmd.baggageclaimForPods(at)
	if err != nil {
		return nil, err
	}
	return cmd.members(logger, registration, on, at, garden, baggageclaim, cmd.volumeRegistry(volumeImages.Handler())), nil
}

// requireRoot holds because the worker mounts volumes and installs an init
// that is owned by root.
func requireRoot() error {
	current, err := user.Current()
	if err != nil {
		return fmt.Errorf("find out who runs the worker: %w", err)
	}
	if current.Uid != "0" {
		return fmt.Errorf("must run as root, not as %s", current.Username)
	}
	return nil
}

// registration is what the worker tells the web node about itself.
func (cmd *WorkerCommand) registration() (atc.Worker, error) {
	registration := cmd.Worker.Worker()
	registration.Platform = "linux"
	registration.Version = concourse.WorkerVersion
	if cmd.Certs.Dir != "" {
		registration.CertsPath = &cmd.Certs.Dir
	}

	if registration.Name == "" {
		hostname, err := os.Hostname()
		if err != nil {
			return atc.Worker{}, fmt.Errorf("find the hostname, the worker's name when --name is not given: %w", err)
		}
		registration.Name = hostname
	}

	var err error
	registration.ResourceTypes, err = cmd.Kubernetes.resourceTypes()
	return registration, err
}

func (cmd *WorkerCommand) kubernetesGarden(logger lager.Logger, workerName string, on cluster, at endpoint.Endpoint, volumeImages kubernetes.VolumeImages) (ifrit.Runner, error) {
	source, err := cmd.Kubernetes.initBinary()
	if err != nil {
		return nil, err
	}
	initBinary, err := kubernetes.InstallInit(source, filepath.Join(cmd.WorkDir.Path(), "init"))
	if err != nil {
		return nil, err
	}

	podTemplate, err := cmd.Kubernetes.podTemplate()
	if err != nil {
		return nil, err
	}

	bootID, err := currentBoot()
	if err != nil {
		return nil, err
	}
	identity := podidentity.Verifier{ProcDir: "/proc", InitBinary: initBinary}
	config := kubernetes.Config{
		Client:                  on.client,
		Namespace:               cmd.Kubernetes.Namespace,
		NodeName:                on.nodeName,
		WorkerName:              workerName,
		StateDir:                filepath.Join(cmd.WorkDir.Path(), containersDir),
		PrivateRepositoriesFile: filepath.Join(cmd.WorkDir.Path(), "private-repositories.json"),
		InitBinary:              initBinary,
		PodStartupTimeout:       cmd.Kubernetes.PodStartupTimeout,
		IdleCheckTimeout:        cmd.Kubernetes.IdleCheckTimeout,
		MaxPods:                 on.maxPods,
		BootID:                  bootID,
		PodTemplate:             podTemplate,
		ImagePullSecrets:        cmd.Kubernetes.ImagePullSecrets,
		PrivilegedMode:          kubernetes.PrivilegedMode(cmd.Kubernetes.PrivilegedMode),
		PodLogOff:               cmd.Kubernetes.PodLog == "off",
		CPUReservedPerShare:     cmd.Kubernetes.CPUReservedPerShare.Quantity,
		VolumeImages:            volumeImages,
		NewInit:                 func(socket string) kubernetes.Init { return podinit.NewClient(socket) },
		CutOffNetwork:           func(network *os.File) error { return podnetwork.CutOff(cmd.Kubernetes.nodeNetwork(), network) },
		NetworkOfInit:           identity.NetworkOfInit,
		SetCPUWeight:            cpuweight.Setter{Mounts: []string{cpuweight.OwnMounts, cpuweight.NodeMounts}, ControlGroupsOfInit: identity.ControlGroupsOfInit}.Set,
		Logger:                  logger,
	}
	backend, err := kubernetes.NewBackend(config)
	if err != nil {
		return nil, err
	}
	if err := trySamplePod(context.Background(), config); err != nil {
		return nil, err
	}
	return gardenServer{backend: backend, at: at, logger: logger}, nil
}

// currentBoot is the kernel's name for this boot of the node, which it gives anew each time.
func currentBoot() (string, error) {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", fmt.Errorf("find out since when the node is up: %w", err)
	}
	return strings.TrimSpace(string(id)), nil
}

func (f KubernetesFlags) initBinary() (string, error) {
	if f.InitBin != "" {
		return f.InitBin.Path(), nil
	}
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find concourse-init beside this executable: %w", err)
	}
	beside := filepath.Join(filepath.Dir(self), "concourse-init")
	if _, err := os.Stat(beside); errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("there is no %s: set --kubernetes-init-bin to the concourse-init executable", beside)
	}
	return beside, nil
}
