using System.Net;
using DePin.Tests.Support;
using DePin.Tools.Backend;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SocketAddress = DePin.Tools.Backend.SocketAddress;

namespace DePin.Tests.Tools.Backend;

/// <summary>A real HAProxy before stand-ins for instances, which say of themselves that they are not ready.</summary>
public sealed class BalancerTests : IAsyncLifetime
{
    private readonly WebApplication[] _instances = [Create(), Create()];
    private readonly TemporaryFolder _folder = new();
    private readonly int[] _asked = new int[2];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        foreach ((int i, WebApplication instance) in _instances.Index())
        {
            instance.MapGet("/health/ready", () =>
            {
                Interlocked.Increment(ref _asked[i]);
                return Results.StatusCode(StatusCodes.Status503ServiceUnavailable);
            });
            instance.MapGet("/", () => "a page");
            await instance.StartAsync(Cancel);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (WebApplication instance in _instances)
        {
            await instance.DisposeAsync();
        }

        _folder.Dispose();
    }

    [Fact]
    public async Task People_are_sent_to_instances_that_are_not_ready_while_none_is()
    {
        await using Balancer balancer = await Balancer.StartAsync(_folder.Path, [.. _instances.Select(Addresses)], Cancel);
        await Eventually.HoldsAsync(() => Volatile.Read(ref _asked[0]) >= 4 && Volatile.Read(ref _asked[1]) >= 4, "each was asked often enough to be out");
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{balancer.HttpPort}") };
        Assert.Equal("a page", await client.GetStringAsync("/", Cancel));
        await _instances[0].StopAsync(Cancel);
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal("a page", await client.GetStringAsync("/", Cancel));
        }
    }

    private static WebApplication Create()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        return builder.Build();
    }

    private static BackendAddresses Addresses(WebApplication instance)
    {
        var address = new Uri(instance.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return new BackendAddresses(address.ToString(), new SocketAddress("127.0.0.1", address.Port), null, Environment.ProcessId);
    }
}
