// SPDX-License-Identifier: Apache-2.0

package framework

import (
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"spectrocloud.com/tenancy/generated/clientset/versioned"
	"spectrocloud.com/tenancy/generated/clientset/versioned/typed/spectrocloud/v1alpha1"
)

// Person is a client of the cluster.
type Person struct {
	Config  *rest.Config
	Host    kubernetes.Interface
	Dynamic dynamic.Interface
	tenancy versioned.Interface
}

func newPerson(config *rest.Config) (*Person, error) {
	host, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	objects, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	tenancy, err := versioned.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	return &Person{config, host, objects, tenancy}, nil
}

// Tenants returns the person's client for Tenants.
func (p *Person) Tenants() v1alpha1.TenantInterface {
	return p.tenancy.SpectrocloudV1alpha1().Tenants()
}

// Projects returns the person's client for the Projects of a namespace, "" for those of all.
func (p *Person) Projects(namespace string) v1alpha1.ProjectInterface {
	return p.tenancy.SpectrocloudV1alpha1().Projects(namespace)
}

// REST returns the person's client for requests of any shape to our API group.
func (p *Person) REST() rest.Interface { return p.tenancy.SpectrocloudV1alpha1().RESTClient() }
