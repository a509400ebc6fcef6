using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using DePin.Fleet.Nodes;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace DePin.Fleet.Gateway;

/// <summary>Puts the MQTT endpoint into the web server.</summary>
public static class GatewayHosting
{
    /// <summary>Registers the endpoint's parts.</summary>
    public static IServiceCollection AddGateway(this IServiceCollection services, GatewaySettings settings)
    {
        services.AddSingleton(settings);
        services.AddSingleton<ConnectionTable>();
        services.AddHostedService(provider => provider.GetRequiredService<ConnectionTable>());
        services.AddSingleton<PeerPresence>().AddSingleton<PeerLink>().AddSingleton<INodeLink>(provider => provider.GetRequiredService<PeerLink>());
        services.AddSingleton<Admission>();
        services.AddSingleton<GatewayMetrics>();
        services.AddSingleton<GatewayParts>();
        return services;
    }

    /// <summary>Connects it with the gateways of other instances, before anything is heard.</summary>
    public static void UseGateway(this WebApplication app)
    {
        app.Services.GetRequiredService<PeerLink>();
        app.Services.GetRequiredService<PeerPresence>();
    }

    /// <summary>MQTT over TLS 1.2 or 1.3.</summary>
    public static void SpeakMqttOverTls(this ListenOptions listen, X509Certificate2 certificate)
    {
        listen.Protocols = HttpProtocols.Http1;
        listen.UseAdmission();
        listen.UseHttps(new HttpsConnectionAdapterOptions
        {
            ServerCertificate = certificate,
            SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            HandshakeTimeout = TimeSpan.FromSeconds(listen.ApplicationServices.GetRequiredService<GatewaySettings>().SecondsToConnect),
        });
        listen.UseConnectionHandler<GatewayConnectionHandler>();
    }

    /// <summary>MQTT without TLS, on loopback only.</summary>
    /// <exception cref="ArgumentException">The address is not a loopback address.</exception>
    public static void SpeakMqtt(this ListenOptions listen)
    {
        if (listen.IPEndPoint is not { } endpoint || !IPAddress.IsLoopback(endpoint.Address))
        {
            throw new ArgumentException($"MQTT without TLS is served on loopback only, not on {listen.EndPoint}.");
        }

        listen.UseAdmission();
        listen.UseConnectionHandler<GatewayConnectionHandler>();
    }

    // The first in line, so that nothing costs anything before the limits were asked.
    private static void UseAdmission(this ListenOptions listen)
    {
        Admission admission = listen.ApplicationServices.GetRequiredService<Admission>();
        listen.Use(next => connection => admission.ServeAsync(connection, next));
    }
}
