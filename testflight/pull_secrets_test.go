package testflight_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/concourse/concourse-kubernetes/testflight/cluster"
	"github.com/concourse/concourse-kubernetes/testflight/concourse"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/tools/cache"
)

// seenSecrets are the pull secrets of the namespace since a spec began.
type seenSecrets struct {
	lister cache.Store

	mutex sync.Mutex
	seen  map[string]string
}

func watchSecrets(ctx context.Context) *seenSecrets {
	GinkgoHelper()
	client, err := runs.Client()
	Expect(err).NotTo(HaveOccurred())
	factory := informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithNamespace(concourse.Namespace))
	informer := factory.Core().V1().Secrets().Informer()
	s := &seenSecrets{lister: informer.GetStore(), seen: map[string]string{}}
	_, err = informer.AddEventHandler(cache.ResourceEventHandlerFuncs{AddFunc: func(object any) { s.add(object.(*corev1.Secret)) }})
	Expect(err).NotTo(HaveOccurred())
	factory.Start(ctx.Done())
	Expect(cache.WaitForCacheSync(ctx.Done(), informer.HasSynced)).To(BeTrue())
	return s
}

func (s *seenSecrets) add(secret *corev1.Secret) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.seen[secret.Name] = string(secret.Data[corev1.DockerConfigJsonKey])
}

// logins returns what each Secret held, those too that are gone.
func (s *seenSecrets) logins() map[string]string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return maps.Clone(s.seen)
}

// names returns the Secrets that there are.
func (s *seenSecrets) names() []string {
	var names []string
	for _, object := range s.lister.List() {
		names = append(names, object.(*corev1.Secret).Name)
	}
	return slices.Sorted(slices.Values(names))
}

// ownersOf returns the owners of a Secret that there is.
func (s *seenSecrets) ownersOf(name string) ([]metav1.OwnerReference, error) {
	object, found, err := s.lister.GetByKey(concourse.Namespace + "/" + name)
	if err != nil || !found {
		return nil, fmt.Errorf("look for Secret %s: found %t, error %v", name, found, err)
	}
	return object.(*corev1.Secret).OwnerReferences, nil
}

// createPullSecret does what an operator does with kubectl create secret
// docker-registry, for the private registry.
func createPullSecret(ctx context.Context, name string, login cluster.Login) {
	GinkgoHelper()
	config, err := json.Marshal(map[string]any{"auths": map[string]any{
		runs.Cluster.PrivateRegistry(): map[string]string{
			"auth": base64.StdEncoding.EncodeToString([]byte(login.User + ":" + login.Password)),
		},
	}})
	Expect(err).NotTo(HaveOccurred())
	client, err := runs.Client()
	Expect(err).NotTo(HaveOccurred())
	secrets := client.CoreV1().Secrets(concourse.Namespace)
	_, err = secrets.Create(ctx, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Type:       corev1.SecretTypeDockerConfigJson,
		Data:       map[string][]byte{corev1.DockerConfigJsonKey: config},
	}, metav1.CreateOptions{})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(secrets.Delete, name, metav1.DeleteOptions{})
}
