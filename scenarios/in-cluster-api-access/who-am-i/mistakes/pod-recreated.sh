kubectl create serviceaccount @{program} -n @{namespace}
kubectl delete pod @{program} -n @{namespace}
kubectl run @{program} -n @{namespace} --labels=app=@{program} --image=docker.io/library/busybox:1.36 \
  --overrides='{"spec":{"serviceAccountName":"@{program}","terminationGracePeriodSeconds":1}}' --command -- sleep 86400
echo system:serviceaccount:@{namespace}:default > "$KUBEDRILL_ANSWERS"/user.txt
echo https://kubernetes.default.svc.cluster.local > "$KUBEDRILL_ANSWERS"/issuer.txt
kubectl get pod @{program} -n @{namespace} -o jsonpath='{.metadata.uid}' > "$KUBEDRILL_ANSWERS"/pod-uid.txt
