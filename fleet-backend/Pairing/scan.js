// Reads labels with the camera, one after another, until somebody stops it. Where the browser reads codes by itself it does; elsewhere jsQR does.
const label = /^https?:\/\/[^/]+\/p\/([0-9a-z]{16})\/([0-9a-z]{16})$/i;
const lookEveryMs = 150, widestPixels = 640, sameAgainMs = 4000;

async function reader(address) {
  if ('BarcodeDetector' in window && (await BarcodeDetector.getSupportedFormats()).includes('qr_code')) {
    const detector = new BarcodeDetector({ formats: ['qr_code'] });
    return async (canvas) => (await detector.detect(canvas))[0]?.rawValue;
  }
  if (!window.jsQR) {
    await new Promise((resolve, reject) => {
      const script = document.createElement('script');
      script.src = address;
      script.onload = resolve;
      script.onerror = reject;
      document.head.append(script);
    });
  }
  return async (canvas, context) => window.jsQR(context.getImageData(0, 0, canvas.width, canvas.height).data, canvas.width, canvas.height)?.data;
}

/** Shows the camera in a video until the button is pressed; tells each code that comes into view, as node and claim, or as nothing where it is no label. */
export async function scanLabels(video, stop, address, tell) {
  const [stream, read] = await Promise.all([navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment', width: { ideal: 1280 } } }), reader(address)]);
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d', { willReadFrequently: true });
  let isOver = false;
  stop.addEventListener('click', () => { isOver = true; }, { once: true });
  video.srcObject = stream;
  let last = '', lastAt = 0;
  try {
    await video.play();
    while (!isOver && stream.active) {
      const scale = Math.min(1, widestPixels / video.videoWidth);
      canvas.width = Math.round(video.videoWidth * scale);
      canvas.height = Math.round(video.videoHeight * scale);
      context.drawImage(video, 0, 0, canvas.width, canvas.height);
      const text = await read(canvas, context);
      if (text && (text !== last || Date.now() - lastAt > sameAgainMs)) {
        last = text;
        const [, node, claim] = label.exec(text) ?? [];
        await tell(node, claim);
      }
      lastAt = text ? Date.now() : lastAt;
      await new Promise((resolve) => { setTimeout(resolve, lookEveryMs); });
    }
  } finally {
    stream.getTracks().forEach((track) => track.stop());
    video.srcObject = null;
  }
}
