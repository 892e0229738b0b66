package kubernetes_test

import (
	"context"
	"fmt"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	clienttesting "k8s.io/client-go/testing"
)

// podUIDs are those of the pods that were created, by what they share with the worker.
type podUIDs struct {
	mu       sync.Mutex
	byRunDir map[string]types.UID
}

// identify gives each pod a UID, as an API server does.
func (p *podUIDs) identify(action clienttesting.Action) (bool, runtime.Object, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	pod := action.(clienttesting.CreateAction).GetObject().(*corev1.Pod)
	for _, volume := range pod.Spec.Volumes {
		if volume.Name == "run" {
			if pod.UID == "" {
				pod.UID = p.byRunDir[volume.HostPath.Path]
			}
			if pod.UID == "" {
				pod.UID = types.UID(fmt.Sprint("uid-", len(p.byRunDir)+1))
			}
			p.byRunDir[volume.HostPath.Path] = pod.UID
		}
	}
	return false, nil, nil
}

// claim has the init that has a run directory say that it is in another pod.
func (p *podUIDs) claim(runDir, uid string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.byRunDir[runDir] = types.UID(uid)
}

func (p *podUIDs) in(runDir string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return string(p.byRunDir[runDir])
}

// initInPod knows which pod it is in.
type initInPod struct {
	*fakeInit
	uids   *podUIDs
	runDir string
}

func (i initInPod) Ping(ctx context.Context) (string, error) {
	_, err := i.fakeInit.Ping(ctx)
	return i.uids.in(i.runDir), err
}
