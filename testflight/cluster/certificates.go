package cluster

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"time"

	"github.com/concourse/concourse-kubernetes/testflight/host"
)

// certificateLife is longer than any development cluster's.
const certificateLife = 10 * 365 * 24 * time.Hour

func (c *Cluster) certificate(name string) string { return c.path("certificates", name+".crt") }
func (c *Cluster) key(name string) string         { return c.path("certificates", name+".key") }

// writeCertificates makes all certificates and kubeconfigs, unless it has. A node
// may come later, when the authority's key is gone, so they are for all.
func (c *Cluster) writeCertificates(context.Context) error {
	// This file is written last, so the others are there if it is.
	if _, err := os.Stat(c.Kubeconfig()); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	ca, err := newAuthority()
	if err != nil {
		return err
	}
	if err := host.WriteFile(c.certificate("ca"), ca.certificate.pem("CERTIFICATE"), 0o644); err != nil {
		return err
	}
	if err := c.writePair(ca, "serving", c.servingTemplate()); err != nil {
		return err
	}
	// The key that service account tokens are signed with; its certificate is unused.
	if err := c.writePair(ca, "service-accounts", clientTemplate("service-accounts")); err != nil {
		return err
	}
	if err := c.writePair(ca, "kubelet-client", clientTemplate("kubelet-client", "system:masters")); err != nil {
		return err
	}
	return c.writeKubeconfigs(ca)
}

func (c *Cluster) writePair(ca authority, name string, template *x509.Certificate) error {
	certificate, key, err := ca.sign(template)
	if err != nil {
		return fmt.Errorf("certificate %s: %w", name, err)
	}
	if err := host.WriteFile(c.certificate(name), certificate.pem("CERTIFICATE"), 0o644); err != nil {
		return err
	}
	return host.WriteFile(c.key(name), key.pem("EC PRIVATE KEY"), 0o600)
}

// servingTemplate is for every server of the cluster.
func (c *Cluster) servingTemplate() *x509.Certificate {
	template := &x509.Certificate{
		Subject:     pkix.Name{CommonName: c.NodeName()},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:    []string{"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"},
		IPAddresses: []net.IP{net.ParseIP(loopback), net.ParseIP(c.address(2, 1))},
	}
	for _, n := range c.possibleNodes() {
		template.DNSNames = append(template.DNSNames, n.name())
		template.IPAddresses = append(template.IPAddresses, net.ParseIP(n.address()))
	}
	return template
}

func clientTemplate(user string, groups ...string) *x509.Certificate {
	return &x509.Certificate{
		Subject:     pkix.Name{CommonName: user, Organization: groups},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
}

// der is an encoded certificate or key.
type der []byte

func (d der) pem(kind string) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: d})
}

// authority signs the cluster's certificates. Its key is never written.
type authority struct {
	certificate der
	parsed      *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newAuthority() (authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return authority{}, err
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "concourse-testflight"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(certificateLife),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	signed, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return authority{}, err
	}
	parsed, err := x509.ParseCertificate(signed)
	return authority{certificate: signed, parsed: parsed, key: key}, err
}

func (a authority) sign(template *x509.Certificate) (certificate, key der, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	template.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, nil, err
	}
	template.NotBefore, template.NotAfter = a.parsed.NotBefore, a.parsed.NotAfter
	template.KeyUsage = x509.KeyUsageDigitalSignature
	certificate, err = x509.CreateCertificate(rand.Reader, template, a.parsed, private.Public(), a.key)
	if err != nil {
		return nil, nil, err
	}
	key, err = x509.MarshalECPrivateKey(private)
	return certificate, key, err
}
