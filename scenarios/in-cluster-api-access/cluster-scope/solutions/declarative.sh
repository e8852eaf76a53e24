kubectl delete rolebinding node-reader -n @{namespace}
kubectl delete role node-reader -n @{namespace}
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
  name: node-report-reads-nodes
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: reads-nodes
subjects:
  - kind: ServiceAccount
    name: node-report
    namespace: "@{namespace}"
MANIFEST
