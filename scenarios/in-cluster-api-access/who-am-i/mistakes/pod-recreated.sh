kubectl create serviceaccount courier -n @{namespace}
kubectl delete pod courier -n @{namespace}
kubectl run courier -n @{namespace} --labels=app=courier --image=docker.io/library/busybox:1.36 \
  --overrides='{"spec":{"serviceAccountName":"courier","terminationGracePeriodSeconds":1}}' --command -- sleep 86400
echo system:serviceaccount:@{namespace}:default > "$KUBEDRILL_ANSWERS"/user.txt
echo https://kubernetes.default.svc.cluster.local > "$KUBEDRILL_ANSWERS"/issuer.txt
kubectl get pod courier -n @{namespace} -o jsonpath='{.metadata.uid}' > "$KUBEDRILL_ANSWERS"/pod-uid.txt
