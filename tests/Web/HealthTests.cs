using System.Net;
using DePin.Fleet.Storage;
using DePin.Tests.Support;

namespace DePin.Tests.Web;

/// <summary>What a balancer hears.</summary>
public sealed class HealthTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_busy_backend_is_ready_and_one_whose_database_stands_still_is_not()
    {
        await using RunningBackend backend = await RunningBackend.StartAsync();
        StoreWriter writer = backend.Part<StoreWriter>();
        using var mayGoOn = new ManualResetEventSlim();
        Task busy = writer.RunAsync(_ => mayGoOn.Wait(Cancel));
        try
        {
            Assert.Equal("ready", await backend.Http.GetStringAsync("/health/ready", Cancel));
            await Eventually.HoldsAsync(() => writer.IsStuck, "the writer is stuck");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, (await backend.Http.GetAsync("/health/ready", Cancel)).StatusCode);
        }
        finally
        {
            // Else the backend would wait for it for ever.
            mayGoOn.Set();
        }

        await busy;
        Assert.Equal("ready", await backend.Http.GetStringAsync("/health/ready", Cancel));
    }
}
