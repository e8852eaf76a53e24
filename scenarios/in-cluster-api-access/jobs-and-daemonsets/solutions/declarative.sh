kubectl patch cronjob @{sweeper} -n @{namespace} --type=merge \
  -p '{"spec":{"jobTemplate":{"spec":{"template":{"spec":{"serviceAccountName":"@{sweeper}"}}}}}}'
kubectl apply -f - <<'MANIFEST'
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: labels-nodes
rules:
  - apiGroups: [""]
    resources: [nodes]
    verbs: [get]
  - apiGroups: [""]
    resources: [nodes]
    verbs: [patch]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: labels-nodes
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: labels-nodes
subjects:
  - kind: ServiceAccount
    name: "@{labeler}"
    namespace: "@{namespace}"
MANIFEST
kubectl create job by-hand --from=cronjob/@{sweeper} -n @{namespace}
kubectl wait --for=condition=Complete job/by-hand -n @{namespace} --timeout=60s
