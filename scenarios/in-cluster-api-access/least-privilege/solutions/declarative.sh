kubectl apply -f - <<'MANIFEST'
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: inventory
  namespace: "@{namespace}"
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
kind: RoleBinding
metadata:
  name: inventory
  namespace: "@{namespace}"
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: inventory
subjects:
  - kind: ServiceAccount
    name: inventory
    namespace: "@{namespace}"
MANIFEST
kubectl delete clusterrolebinding inventory-admin
