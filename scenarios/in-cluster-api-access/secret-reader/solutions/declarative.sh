kubectl apply -f - <<'MANIFEST'
apiVersion: v1
kind: ServiceAccount
metadata:
  name: "@{account}"
  namespace: "@{namespace}"
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: reads-secrets
  namespace: "@{namespace}"
rules:
  - apiGroups: [""]
    resources: [secrets]
    verbs: [get, list]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: "@{account}-reads-secrets"
  namespace: "@{namespace}"
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: reads-secrets
subjects:
  - kind: ServiceAccount
    name: "@{account}"
    namespace: "@{namespace}"
MANIFEST
kubectl patch deployment @{program} -n @{namespace} -p '{"spec":{"template":{"spec":{"serviceAccountName":"@{account}"}}}}'
kubectl rollout status deployment @{program} -n @{namespace} --timeout=60s
