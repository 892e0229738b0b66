package testflight_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/concourse/concourse-kubernetes/testflight/concourse"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
	"github.com/onsi/gomega/gexec"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// patience is how long a build of these pipelines may take.
const patience = 2 * time.Minute

// pipeline is a pipeline of one spec.
type pipeline struct {
	name string
}

// setPipeline sets a pipeline of that configuration and removes it with its spec.
func setPipeline(ctx context.Context, config string, vars ...string) pipeline {
	GinkgoHelper()
	file := filepath.Join(GinkgoT().TempDir(), "pipeline.yml")
	Expect(os.WriteFile(file, []byte(config), 0o600)).To(Succeed())

	p := pipeline{name: newName()}
	args := []string{"set-pipeline", "-n", "-p", p.name, "-c", file}
	for _, assignment := range append(vars, "registry="+runs.Cluster.Registry(), "private-registry="+runs.Cluster.PrivateRegistry()) {
		args = append(args, "-v", assignment)
	}
	_, err := fly.Run(ctx, args...)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func(ctx SpecContext) {
		_, err := fly.Run(ctx, "destroy-pipeline", "-n", "-p", p.name)
		Expect(err).NotTo(HaveOccurred())
	})
	_, err = fly.Run(ctx, "unpause-pipeline", "-p", p.name)
	Expect(err).NotTo(HaveOccurred())
	return p
}

// setDemo sets the demo's pipeline, whose resource has a version of its own first:
// else another spec's pods would check and get it.
func setDemo(ctx context.Context) (p pipeline, version string) {
	GinkgoHelper()
	demo, err := os.ReadFile(filepath.Join("fixtures", "demo.yml"))
	Expect(err).NotTo(HaveOccurred())
	version = newName()
	config := strings.Replace(string(demo), "initial_version: one", "initial_version: "+version, 1)
	Expect(config).To(ContainSubstring(version))
	return setPipeline(ctx, config), version
}

// trigger starts the job main and watches its log.
func (p pipeline) trigger(ctx context.Context) *gexec.Session {
	GinkgoHelper()
	session, err := gexec.Start(fly.Command(ctx, "trigger-job", "-w", "-j", p.name+"/main"), GinkgoWriter, GinkgoWriter)
	Expect(err).NotTo(HaveOccurred())
	return session
}

// run runs the job main to its end with the expected exit status of fly: 0 for
// success, 1 for failure, 2 for an error.
func (p pipeline) run(ctx context.Context, exitStatus int) *gbytes.Buffer {
	GinkgoHelper()
	session := p.trigger(ctx)
	Eventually(session, patience).Should(gexec.Exit(exitStatus))
	return session.Out
}

// stepPod is what a spec asks about a pod of a pipeline.
type stepPod struct {
	Type, Step, Image string
	Pod               *corev1.Pod
}

func (p pipeline) pods() []stepPod {
	var found []stepPod
	pods.Each(func(pod *corev1.Pod, _ string) {
		if pod.Labels["concourse-ci.org/pipeline"] == p.name {
			found = append(found, stepPod{
				Type:  pod.Labels["concourse-ci.org/type"],
				Step:  pod.Labels["concourse-ci.org/step"],
				Image: pod.Spec.Containers[0].Image,
				Pod:   pod,
			})
		}
	})
	return found
}

// podsThere names the pipeline's pods of that type that are there.
func (p pipeline) podsThere(ctx context.Context, kind string) ([]string, error) {
	client, err := runs.Client()
	if err != nil {
		return nil, err
	}
	list, err := client.CoreV1().Pods(concourse.Namespace).List(ctx, metav1.ListOptions{
		LabelSelector: "concourse-ci.org/type=" + kind + ",concourse-ci.org/pipeline=" + p.name,
	})
	if err != nil {
		return nil, err
	}
	return names(list.Items), nil
}

// podOf returns the pipeline's only pod of that type.
func (p pipeline) podOf(kind string) *corev1.Pod {
	GinkgoHelper()
	var found []*corev1.Pod
	for _, pod := range p.pods() {
		if pod.Type == kind {
			found = append(found, pod.Pod)
		}
	}
	Expect(found).To(HaveLen(1), kind)
	return found[0]
}

// imageGets names the pods that got an image.
func (p pipeline) imageGets() []string { return p.podsThat(concourse.GetsImage) }

// imageChecks names the pods that checked an image.
func (p pipeline) imageChecks() []string { return p.podsThat(concourse.ChecksImage) }

func (p pipeline) podsThat(matches func(*corev1.Pod) bool) []string {
	var found []string
	for _, pod := range p.pods() {
		if matches(pod.Pod) {
			found = append(found, pod.Pod.Name)
		}
	}
	return found
}

func digestOf(image string) string {
	GinkgoHelper()
	digest, err := runs.Digest(image)
	Expect(err).NotTo(HaveOccurred())
	return digest
}

// task is a pipeline of one task on an image_resource.
func task(source, version, script string) string {
	return fmt.Sprintf(`
jobs:
- name: main
  plan:
  - task: one
    config:
      platform: linux
      image_resource: {type: registry-image, source: %s%s}
      run: {path: sh, args: [-ec, %q]}
`, source, version, strings.TrimSpace(script))
}
