kubectl delete clusterrolebinding inventory-admin
kubectl apply -f - <<'MANIFEST'
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: inventory
rules:
  - apiGroups: [""]
    resources: [pods, services]
    verbs: [list]
  - apiGroups: [""]
    resources: [configmaps]
    resourceNames: [inventory-state]
    verbs: [get, patch]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: inventory
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: inventory
subjects:
  - kind: ServiceAccount
    name: inventory
    namespace: "@{namespace}"
MANIFEST
