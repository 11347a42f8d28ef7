// SPDX-License-Identifier: Apache-2.0

package kubectlgpu

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

func TestARequestIsFamiliesAndCounts(t *testing.T) {
	for args, want := range map[string]spectrocloud.GPUCounts{
		"NVIDIA-A100=8":           {"NVIDIA-A100": 8},
		"NVIDIA-A100=8,H100=2":    {"NVIDIA-A100": 8, "H100": 2},
		"NVIDIA-A100=8 H100=2":    {"NVIDIA-A100": 8, "H100": 2},
		"A=2147483647":            {"A": 2147483647},
		"a.family_with-signs.1=1": {"a.family_with-signs.1": 1},
	} {
		got, err := parseRequest(strings.Fields(args))
		require.NoError(t, err, args)
		assert.Equal(t, want, got, args)
	}
	for args, want := range map[string]string{
		"A100": "say FAMILY=COUNT", "=8": "say FAMILY=COUNT", "A=1,": "say FAMILY=COUNT", "A=0": "at least 1", "A=-1": "at least 1", "A=many": "at least 1",
		"A=2147483648": "at least 1", "A=1=2": "at least 1", "A=1,A=1": "A is asked for twice",
	} {
		_, err := parseRequest(strings.Fields(args))
		assert.ErrorContains(t, err, want, args)
	}
}

func TestAnEstimateIsWhatTheQuotasSay(t *testing.T) {
	for want, request := range map[string]spectrocloud.GPUCounts{
		"Yes: 1 A100 fit in web now.":  {"A100": 1},
		"Yes: 1000 L4 fit in web now.": {"L4": 1000},
		"No, it would wait in web for 2 A100: acme uses 7 of 8 (Tenant limit; 1 would fit).":                        {"A100": 2},
		"No, it would wait in web for 1 H100: web uses 1 of 1 (Project limit; 0 would fit).":                        {"A100": 1, "H100": 1},
		"No, it would be refused in web: it asks for 5 A100, and one request may ask for at most 4 in Project web.": {"A100": 5},
	} {
		got := estimate(request, acme)
		assert.True(t, got.estimated)
		assert.Equal(t, want, strings.ReplaceAll(got.say("web", request), " (spec.gpuResources.requests)", ""))
	}
}

func TestErrorsAreInPlainWords(t *testing.T) {
	projects := schema.GroupResource{Group: "spectrocloud.com", Resource: "projects"}
	noPage := apierrors.NewGenericServerResponse(http.StatusNotFound, "get", projects, "", "404 page not found", 0, true)
	assert.Contains(t, explain(noPage), "the server has no spectrocloud.com/v1alpha1: tenancy is not installed")
	assert.Equal(t, noPage, unseen(noPage, "Tenant", "acme"), "that the API is not there is not said of a Tenant")
	assert.EqualError(t, unseen(apierrors.NewNotFound(projects, "web"), "Project", "web"), `there is no Project "web" that you may see`)
	assert.NoError(t, unseen(nil, "Project", "web"))
	assert.Contains(t, explain(apierrors.NewServiceUnavailable("down")), "does not answer: down (kubectl get apiservice v1alpha1.spectrocloud.com")
	assert.Contains(t, explain(apierrors.NewForbidden(projects, "web", errors.New("no"))), "a group of yours has to be in its roleMapping")
	assert.Contains(t, explain(apierrors.NewUnauthorized("who?")), "log in again")
	assert.Equal(t, "other", explain(errors.New("other")))
}
