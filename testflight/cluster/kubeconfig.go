package cluster

import (
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

// writeKubeconfigs writes those of the parts, and the administrator's last.
func (c *Cluster) writeKubeconfigs(ca authority) error {
	type identity struct {
		path   string
		user   string
		groups []string
	}
	identities := []identity{
		{c.partKubeconfig("kube-controller-manager"), "system:kube-controller-manager", nil},
		{c.partKubeconfig("kube-scheduler"), "system:kube-scheduler", nil},
	}
	for _, n := range c.possibleNodes() {
		identities = append(identities, identity{c.partKubeconfig(n.named("kubelet")), "system:node:" + n.name(), []string{"system:nodes"}})
	}
	identities = append(identities, identity{c.Kubeconfig(), "admin", []string{"system:masters"}})

	for _, identity := range identities {
		certificate, key, err := ca.sign(clientTemplate(identity.user, identity.groups...))
		if err != nil {
			return err
		}
		config := c.kubeconfig(identity.user, ca.certificate, certificate, key)
		if err := clientcmd.WriteToFile(config, identity.path); err != nil {
			return err
		}
	}
	return nil
}

func (c *Cluster) partKubeconfig(name string) string {
	return c.path("certificates", name+".kubeconfig")
}

func (c *Cluster) kubeconfig(user string, ca, certificate, key der) api.Config {
	const name = "concourse-testflight"
	return api.Config{
		Clusters: map[string]*api.Cluster{name: {
			Server:                   "https://" + c.nodePort(apiServerPort),
			CertificateAuthorityData: ca.pem("CERTIFICATE"),
		}},
		AuthInfos: map[string]*api.AuthInfo{user: {
			ClientCertificateData: certificate.pem("CERTIFICATE"),
			ClientKeyData:         key.pem("EC PRIVATE KEY"),
		}},
		Contexts:       map[string]*api.Context{name: {Cluster: name, AuthInfo: user}},
		CurrentContext: name,
	}
}

// client is the administrator's.
func (c *Cluster) client() (*kubernetes.Clientset, error) {
	config, err := clientcmd.BuildConfigFromFlags("", c.Kubeconfig())
	if err != nil {
		return nil, err
	}
	return kubernetes.NewForConfig(config)
}
