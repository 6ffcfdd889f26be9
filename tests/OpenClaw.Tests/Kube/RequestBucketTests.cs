using OpenClaw.Kube.Client;

namespace OpenClaw.Tests.Kube;

public class RequestBucketTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void A_burst_passes_at_once_and_the_rest_at_its_pace()
    {
        var bucket = new RequestBucket(10, 5, _time);
        var waits = Enumerable.Range(0, 8).Select(_ => Math.Round(bucket.Take().TotalSeconds, 3)).ToArray();
        Assert.Equal([0, 0, 0, 0, 0, 0.1, 0.2, 0.3], waits);
        _time.Advance(TimeSpan.FromSeconds(0.3));
        Assert.Equal(0.1, Math.Round(bucket.Take().TotalSeconds, 3));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(5, Enumerable.Range(0, 8).Count(_ => bucket.Take() == TimeSpan.Zero));
    }

    [Fact]
    public void Who_does_not_want_to_wait_takes_nothing_when_it_is_empty()
    {
        var bucket = new RequestBucket(1, 2, _time);
        Assert.Equal([true, true, false, false], Enumerable.Range(0, 4).Select(_ => bucket.TryTake()));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal([true, false], Enumerable.Range(0, 2).Select(_ => bucket.TryTake()));
    }
}
