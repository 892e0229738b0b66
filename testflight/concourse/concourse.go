package concourse

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/concourse/concourse-kubernetes/testflight/cluster"
	"github.com/concourse/concourse-kubernetes/testflight/images"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

const (
	// Namespace is where the steps' pods are.
	Namespace = "concourse"
	// User is the local user of the main team, whose password is the same word.
	User = "test"
)

// Ports of web of the first instance, on the cluster's node address or on loopback.
const (
	webPort      = 17240
	tsaPort      = 17241
	webDebugPort = 17242
)

// Concourse is a Concourse on a development cluster, running or not.
type Concourse struct {
	Cluster *cluster.Cluster

	// WebFlags and WorkerFlags add to the flags of web and of the first node's
	// worker.
	WebFlags, WorkerFlags []string
	// SecondWorkerFlags add to the flags of the second node's worker.
	SecondWorkerFlags []string

	bin string
	out io.Writer
}

// New returns the Concourse on a cluster, made of the programs in the folder
// bin, which `make build` fills. It starts nothing. The cluster then installs what the
// images are made of, too.
func New(on *cluster.Cluster, bin string, out io.Writer) *Concourse {
	on.Packages = images.DebianPackages()
	return &Concourse{Cluster: on, SecondWorkerFlags: []string{flagOf("tag", SecondWorkerTag)}, bin: bin, out: out}
}

// FromEnvironment is New on the cluster of KUBECONFIG, of which NODE_NAME names
// this machine's node, or on a development cluster if KUBECONFIG is not set.
// TESTFLIGHT_INSTANCE, a number, sets Concourses on one machine apart;
// TESTFLIGHT_NODES is how many nodes the development cluster is to have.
func FromEnvironment(ctx context.Context, bin string, out io.Writer) (*Concourse, error) {
	on, err := instanceOf(os.Getenv("TESTFLIGHT_INSTANCE"), out)
	if err != nil {
		return nil, err
	}
	if on.Nodes, err = nodesOf(os.Getenv("TESTFLIGHT_NODES")); err != nil {
		return nil, err
	}
	if kubeconfig := os.Getenv("KUBECONFIG"); kubeconfig != "" {
		if err := on.UseKubernetes(ctx, kubeconfig, os.Getenv("NODE_NAME")); err != nil {
			return nil, err
		}
	}
	return New(on, bin, out), nil
}

func instanceOf(number string, out io.Writer) (*cluster.Cluster, error) {
	if number == "" || number == "0" {
		return cluster.New(cluster.DefaultStateDir, out), nil
	}
	instance, err := strconv.Atoi(number)
	if err != nil || instance < 0 || instance > 9 {
		return nil, fmt.Errorf("TESTFLIGHT_INSTANCE is %q: set it to a number from 0 to 9", number)
	}
	on := cluster.New(cluster.DefaultStateDir+"-"+number, out)
	on.Instance = instance
	return on, nil
}

func nodesOf(number string) (int, error) {
	if number == "" {
		return 0, nil
	}
	nodes, err := strconv.Atoi(number)
	if err != nil || nodes < 1 || nodes > 2 {
		return 0, fmt.Errorf("TESTFLIGHT_NODES is %q: set it to 1 or 2", number)
	}
	return nodes, nil
}

// URL is where web answers, for fly and for a browser on this machine.
func (c *Concourse) URL() string {
	return "http://" + net.JoinHostPort(c.Cluster.NodeAddress(), strconv.Itoa(c.Cluster.Port(webPort)))
}

// localURL is where web answers programs of this machine.
func (c *Concourse) localURL() string {
	return "http://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(c.Cluster.Port(webPort)))
}

// Client returns a client of the cluster, as its administrator.
func (c *Concourse) Client() (kubernetes.Interface, error) {
	config, err := clientcmd.BuildConfigFromFlags("", c.Cluster.Kubeconfig())
	if err != nil {
		return nil, fmt.Errorf("kubeconfig of the cluster: %w", err)
	}
	return kubernetes.NewForConfig(config)
}

// Up builds the programs, starts the cluster, pushes the images and starts web
// and a worker on each node. What is there already stays.
func (c *Concourse) Up(ctx context.Context) error {
	stages := []struct {
		name string
		run  func(context.Context) error
	}{
		{"development cluster", c.Cluster.Up},
		{"concourse, concourse-init and fly", c.build},
		{"images", c.pushImages},
		{"namespace " + Namespace, c.createNamespace},
		{"rights of the workers", c.grantWorkers},
		{"web", c.startWeb},
		{"workers", c.startWorkers},
	}
	for _, stage := range stages {
		start := time.Now()
		fmt.Fprintf(c.out, "== %s\n", stage.name)
		if err := stage.run(ctx); err != nil {
			return fmt.Errorf("%s: %w", stage.name, err)
		}
		fmt.Fprintf(c.out, "== %s: done in %.1fs\n", stage.name, time.Since(start).Seconds())
	}
	return nil
}

// Down ends web, workers and cluster and removes what they made.
func (c *Concourse) Down(ctx context.Context) error {
	if c.Cluster.IsExternal() {
		if err := c.deleteNamespace(ctx); err != nil {
			return err
		}
	}
	return c.Cluster.Down(ctx)
}

func (c *Concourse) build(ctx context.Context) error {
	build := exec.CommandContext(ctx, "make", "build")
	build.Stdout, build.Stderr = c.out, c.out
	return build.Run()
}

func (c *Concourse) program(name string) string {
	path, err := filepath.Abs(filepath.Join(c.bin, name))
	if err != nil {
		panic(err) // only without a working directory
	}
	return path
}

func (c *Concourse) pushImages(ctx context.Context) error {
	built, err := images.Build(ctx, filepath.Join(c.Cluster.DaemonDir(), "images"), c.out)
	if err != nil {
		return err
	}
	for _, image := range built {
		for _, registry := range c.registries() {
			digest, err := images.Push(ctx, image, registry.address, registry.login)
			if err != nil {
				return err
			}
			fmt.Fprintf(c.out, "%s/%s@%s\n", registry.address, image.Name, digest)
		}
	}
	return nil
}

// keys generates the keys that web and worker know each other by.
func (c *Concourse) keys(ctx context.Context) (dir string, err error) {
	dir = filepath.Join(c.Cluster.DaemonDir(), "keys")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	for name, kind := range map[string]string{"tsa": "ssh", "worker": "ssh", "session": "rsa"} {
		file := filepath.Join(dir, name)
		if _, err := os.Stat(file); err == nil {
			continue
		}
		generate := exec.CommandContext(ctx, c.program("concourse"), "generate-key", "-t", kind, "-b", "2048", "-f", file)
		if output, err := generate.CombinedOutput(); err != nil {
			return "", fmt.Errorf("generate key %s: %w: %s", name, err, output)
		}
	}
	return dir, nil
}
