/* A driver that reports one GPU and cannot start CUDA, as one that is too old, or broken: what torch asks of NVML. */

static int one(int *count)
{
    *count = 1;
    return 0;
}

int nvmlInit(void) { return 0; }
int nvmlInit_v2(void) { return 0; }
int nvmlShutdown(void) { return 0; }
int nvmlDeviceGetCount(int *count) { return one(count); }
int nvmlDeviceGetCount_v2(int *count) { return one(count); }
