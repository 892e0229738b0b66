package testflight_test

import (
	"fmt"
	"strings"

	"github.com/concourse/concourse-kubernetes/testflight/concourse"
)

// mainJob is a pipeline of the job main with a plan of these steps.
func mainJob(steps ...string) string {
	return "jobs: [{name: main, plan: [" + strings.Join(steps, ", ") + "]}]\n"
}

func inParallel(steps []string) string { return "{in_parallel: [" + strings.Join(steps, ", ") + "]}" }

// copies are n steps of different names.
func copies(n int, step func(name string) string) []string {
	var all []string
	for i := range n {
		all = append(all, step(fmt.Sprintf("task-%d", i)))
	}
	return all
}

// taskConfig is that of a task with these container_limits, none if empty.
func taskConfig(limits, script string) string {
	if limits != "" {
		limits = " container_limits: " + limits + ","
	}
	return fmt.Sprintf("{platform: linux, image_resource: {type: registry-image, source: {repository: ((registry))/busybox}},%s run: {path: sh, args: [-ec, %q]}}", limits, script)
}

// taskOn1 is a step that runs a script on the first node.
func taskOn1(name, limits, script string) string {
	return fmt.Sprintf("{task: %s, config: %s}", name, taskConfig(limits, script))
}

// taskOn2 is a step that runs a script on the second node.
func taskOn2(name, limits, script string) string {
	return fmt.Sprintf("{task: %s, tags: [%s], config: %s}", name, concourse.SecondWorkerTag, taskConfig(limits, script))
}
