echo default > "$KUBEDRILL_ANSWERS"/user.txt
echo https://kubernetes.default.svc.cluster.local > "$KUBEDRILL_ANSWERS"/issuer.txt
kubectl get pod @{program} -n @{namespace} -o jsonpath='{.metadata.uid}' > "$KUBEDRILL_ANSWERS"/pod-uid.txt
