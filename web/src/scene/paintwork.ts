// Owns how things answer to light: the shaders of everything that stands (solid), of the Pis, of the fans' rotors and of
// small lamps, and what they share: the hall's light, how dark it is inside, where the model is cut open. One shader a
// thing instead of three's large ones: no textures, no shadows, the same on a phone. Called by worn parts of the scene.
//
// All light is worked out in the model's own metres, so that it stays with the cluster when a headset moves or scales it.

import { NormalBlending, ShaderMaterial, Vector3, Vector4 } from "three";

export interface Light {
  /** Half width and half depth of the racks together, and their top: what is inside is darker. */
  readonly hall: { value: Vector3 };
  /** 0 = as bright inside as outside. */
  readonly dusk: { value: number };
  /** What lies beyond this plane is not drawn: dot(xyz, point) > w. All 0 = nothing is cut. */
  readonly cut: { value: Vector4 };
  /** Seconds, for what turns by itself. */
  readonly time: { value: number };
  /** 1 = live; less when what is shown is not. */
  readonly lamp: { value: number };
}

export function newLight(): Light {
  return {
    hall: { value: new Vector3() },
    dusk: { value: 0.86 },
    cut: { value: new Vector4(0, 0, 0, 1) },
    time: { value: 0 },
    lamp: { value: 1 },
  };
}

const VERTEX = /* glsl */ `
  attribute vec4 finish;
  varying vec3 vAt;
  varying vec3 vNormal;
  varying vec3 vColor;
  varying vec3 vEye;
  varying vec4 vFinish;

  // The eye in the model's metres; the room that it stands in is turned, moved and scaled evenly.
  vec3 eyeInModel() {
    mat3 turn = mat3(modelMatrix);
    return (cameraPosition - modelMatrix[3].xyz) * turn / dot(turn[0], turn[0]);
  }

  void place(vec4 at, vec3 normal) {
    #ifdef USE_INSTANCING
      mat3 own = mat3(instanceMatrix);
      at = instanceMatrix * at;
      normal = normalize(own[0]) * normal.x + normalize(own[1]) * normal.y + normalize(own[2]) * normal.z;
    #endif
    vAt = at.xyz;
    vNormal = normal;
    vColor = color;
    vFinish = finish;
    vEye = eyeInModel();
    gl_Position = projectionMatrix * modelViewMatrix * at;
  }
`;

/** What lies behind the racks that are seen from their rear, and the roof above them. */
const CUT = /* glsl */ `
  void cutOpen() {
    if (dot(cut.xyz, cut.xyz) > 0.5 && (dot(vAt, cut.xyz) > cut.w || vAt.y > hall.y + 0.002)) discard;
  }
`;

const ROOM = /* glsl */ `
  uniform vec3 hall;
  uniform float dusk;
  uniform vec4 cut;
  uniform float lamp;
  varying vec3 vAt;
  varying vec3 vNormal;
  varying vec3 vColor;
  varying vec3 vEye;
  varying vec4 vFinish;

  const vec3 KEY = vec3(-0.46, 0.58, 0.67);
  const vec3 RIM = vec3(0.63, 0.36, -0.69);

  // What shines into a mirror: a tall hall at night, a row of lights high up, a dark floor.
  vec3 sky(vec3 way) {
    vec3 above = mix(vec3(0.10, 0.15, 0.32), vec3(0.30, 0.40, 0.72), smoothstep(0.0, 0.9, way.y));
    above += vec3(1.0, 0.92, 0.78) * 0.9 * smoothstep(0.30, 0.42, way.y) * smoothstep(0.62, 0.48, way.y);
    return mix(above, vec3(0.03, 0.05, 0.11), smoothstep(0.04, -0.16, way.y));
  }

  // How much of it comes in from the two open sides.
  float daylight(vec3 at) {
    float within = step(abs(at.x), hall.x) * step(at.y, hall.y);
    return 1.0 - dusk * within * (1.0 - exp(-5.5 * max(0.0, hall.z - abs(at.z))));
  }

  vec3 lit(vec3 paint, vec3 normal, vec3 sight, float metal, float rough) {
    vec3 fall = mix(vec3(0.13, 0.16, 0.26), vec3(0.62, 0.72, 1.02), 0.5 + 0.5 * normal.y);
    fall += vec3(1.55, 1.40, 1.18) * max(0.0, dot(normal, KEY)) + vec3(0.62, 0.78, 1.30) * max(0.0, dot(normal, RIM));
    float sharp = exp2(10.0 * (1.0 - rough));
    float grazing = pow(1.0 - max(0.0, dot(normal, sight)), 5.0);
    vec3 mirror = mix(vec3(0.04), paint, metal) + (1.0 - rough) * 0.9 * grazing;
    float glint = pow(max(0.0, dot(normal, normalize(sight + KEY))), sharp) + 0.6 * pow(max(0.0, dot(normal, normalize(sight + RIM))), sharp);
    vec3 seen = paint * (1.0 - 0.75 * metal) * fall + mirror * (sky(reflect(-sight, normal)) * 1.4 + glint * 0.12 * sharp);
    return seen * daylight(vAt) * mix(0.55, 1.0, smoothstep(0.0, 0.7, vAt.y));
  }

  ${CUT}
`;

const END = /* glsl */ `
  #include <tonemapping_fragment>
  #include <colorspace_fragment>
`;

/** Box, racks, shelves, switches, fans. `xray` 1 = glass, of which only the edges are seen. */
export function solidPaint(light: Light): ShaderMaterial {
  return new ShaderMaterial({
    vertexColors: true,
    uniforms: { ...light, xray: { value: 0 } },
    vertexShader: `${VERTEX} void main() { place(vec4(position, 1.0), normal); }`,
    fragmentShader: /* glsl */ `
      uniform float xray;
      ${ROOM}
      void main() {
        cutOpen();
        vec3 sight = normalize(vEye - vAt);
        vec3 normal = normalize(vNormal);
        vec3 seen = lit(vColor, normal, sight, vFinish.x, vFinish.y) * (1.0 - 0.7 * vFinish.z);
        seen += vColor * vFinish.z * mix(0.25, 1.0, lamp);
        float edge = pow(1.0 - abs(dot(normal, sight)), 2.0);
        gl_FragColor = vec4(mix(seen, vec3(0.22, 0.42, 0.95) + seen * 0.5, xray), mix(1.0, 0.025 + 0.16 * edge, xray));
        ${END}
      }`,
  });
}

/** The lamp's glass. */
export function glassPaint(light: Light): ShaderMaterial {
  const paint = solidPaint(light);
  paint.uniforms["xray"]!.value = 1;
  paint.transparent = true;
  paint.depthWrite = false;
  return paint;
}

/** A Pi: from afar it is its state's colour, from near it is a board in a caddy of that colour. */
export function piPaint(light: Light): ShaderMaterial {
  return new ShaderMaterial({
    vertexColors: true,
    uniforms: { ...light },
    toneMapped: false,
    blending: NormalBlending,
    vertexShader: /* glsl */ `
      ${VERTEX}
      attribute vec3 shine;
      varying vec3 vState;
      varying vec3 vShine;
      void main() {
        place(vec4(position, 1.0), normal);
        vState = instanceColor;
        vShine = shine;
      }`,
    fragmentShader: /* glsl */ `
      ${ROOM}
      varying vec3 vState;
      varying vec3 vShine;
      void main() {
        float part = vFinish.w;
        vec3 sight = vEye - vAt;
        float near = 1.0 - smoothstep(0.45, 1.7, length(sight));
        sight = normalize(sight);
        vec3 normal = normalize(vNormal);
        float paint = dot(vColor, vec3(0.2126, 0.7152, 0.0722));
        float facing = 0.4 + 0.6 * max(0.0, dot(normal, sight));
        float isState = step(0.5, part) * step(part, 1.5);
        float isLight = step(1.5, part) * step(part, 2.5);
        float isBright = step(2.5, part);
        vec3 far = vState * facing * mix(0.4 + 0.75 * sqrt(paint), sqrt(paint), isState);
        vec3 close = mix(min(lit(vColor, normal, sight, vFinish.x, vFinish.y), 1.0) + vState * 0.10, vState * (0.22 + 0.78 * facing) * sqrt(paint), isState);
        vec3 seen = mix(far, close, near * step(0.001, vFinish.y));
        seen = mix(seen, vShine + vState * 0.06, isLight);
        gl_FragColor = vec4(mix(seen, vec3(1.0), isBright), 1.0);
        #include <colorspace_fragment>
      }`,
  });
}

/** A fan's rotor: `turning` is (angle at time 0, radians a second). */
export function rotorPaint(light: Light): ShaderMaterial {
  return new ShaderMaterial({
    vertexColors: true,
    uniforms: { ...light },
    vertexShader: /* glsl */ `
      ${VERTEX}
      attribute vec2 turning;
      uniform float time;
      void main() {
        float angle = turning.x + turning.y * time;
        float c = cos(angle), s = sin(angle);
        mat2 turn = mat2(c, s, -s, c);
        place(vec4(turn * position.xy, position.z, 1.0), vec3(turn * normal.xy, normal.z));
      }`,
    fragmentShader: /* glsl */ `
      ${ROOM}
      void main() {
        cutOpen();
        gl_FragColor = vec4(lit(vColor, normalize(vNormal), normalize(vEye - vAt), vFinish.x, vFinish.y), 1.0);
        ${END}
      }`,
  });
}

/** Small lamps: nothing but their colour. */
export function lampPaint(light: Light): ShaderMaterial {
  return new ShaderMaterial({
    uniforms: { ...light },
    toneMapped: false,
    vertexShader: /* glsl */ `
      varying vec3 vState;
      varying vec3 vAt;
      void main() {
        vec4 at = instanceMatrix * vec4(position, 1.0);
        vAt = at.xyz;
        vState = instanceColor;
        gl_Position = projectionMatrix * modelViewMatrix * at;
      }`,
    fragmentShader: /* glsl */ `
      uniform vec4 cut;
      uniform vec3 hall;
      varying vec3 vState;
      varying vec3 vAt;
      ${CUT}
      void main() {
        cutOpen();
        gl_FragColor = vec4(vState, 1.0);
        #include <colorspace_fragment>
      }`,
  });
}
