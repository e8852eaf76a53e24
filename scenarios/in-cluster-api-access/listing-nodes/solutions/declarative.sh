kubectl delete rolebinding @{role} -n @{namespace}
kubectl delete role @{role} -n @{namespace}
kubectl apply -f - <<'MANIFEST'
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: reads-nodes
rules:
  - apiGroups: [""]
    resources: [nodes]
    verbs: [list, get]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: "@{program}-reads-nodes"
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: reads-nodes
subjects:
  - kind: ServiceAccount
    name: "@{program}"
    namespace: "@{namespace}"
MANIFEST
