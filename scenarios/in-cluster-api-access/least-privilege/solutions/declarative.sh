kubectl apply -f - <<'MANIFEST'
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: "@{program}"
  namespace: "@{namespace}"
rules:
  - apiGroups: [""]
    resources: [pods, services]
    verbs: [list]
  - apiGroups: [""]
    resources: [configmaps]
    resourceNames: ["@{program}-state"]
    verbs: [get, patch]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: "@{program}"
  namespace: "@{namespace}"
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: "@{program}"
subjects:
  - kind: ServiceAccount
    name: "@{program}"
    namespace: "@{namespace}"
MANIFEST
kubectl delete clusterrolebinding @{program}-admin
