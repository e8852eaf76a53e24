kubectl delete clusterrolebinding @{program}-admin
kubectl apply -f - <<'MANIFEST'
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: "@{program}"
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
kind: ClusterRoleBinding
metadata:
  name: "@{program}"
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: "@{program}"
subjects:
  - kind: ServiceAccount
    name: "@{program}"
    namespace: "@{namespace}"
MANIFEST
